/** Dark or light: as the system says, until the reader says otherwise. */
import { effect, signal } from '@preact/signals';

const KEY = 'lvscope-theme';
export const THEMES = ['auto', 'dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

const kept = THEMES.find((theme) => theme === window.localStorage.getItem(KEY));
export const theme = signal<Theme>(kept ?? 'auto');

effect(() => {
  document.documentElement.dataset.theme = theme.value;
  window.localStorage.setItem(KEY, theme.value);
});

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length];
}
