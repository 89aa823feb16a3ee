import { usePageKeys } from './keys.ts';
import { nextTheme, theme } from './theme.ts';

const ICONS = { auto: '◐', dark: '●', light: '○' } as const;

export function ThemeButton() {
  usePageKeys((key) => {
    if (key === 't') nextTheme();
    return key === 't';
  });
  return (
    <button type="button" class="tool" aria-label={`theme: ${theme.value}`} title={`theme: ${theme.value} (t)`} onClick={nextTheme}>
      {ICONS[theme.value]}
    </button>
  );
}
