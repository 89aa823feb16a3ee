/** Shape and word tell the severity; colour only repeats it. */
import type { Event } from '../../src/contract/event.ts';

export const SEVERITY_ICONS = { info: '●', warning: '▲', critical: '■' } as const;

const TONES = { info: 'dim', warning: 'tone-opening', critical: 'tone-bad' } as const;

export function SeverityIcon({ severity }: Pick<Event, 'severity'>) {
  return (
    <span class={`icon ${TONES[severity]}`} role="img" aria-label={severity}>
      {SEVERITY_ICONS[severity]}
    </span>
  );
}
