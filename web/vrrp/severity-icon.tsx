/** Shape and word tell the severity; colour only repeats it. */
import type { Event } from '../../src/contract/event.ts';
import { SEVERITY_ICONS, SEVERITY_TONES } from '../parts/severity.ts';

export function SeverityIcon({ severity }: Pick<Event, 'severity'>) {
  return (
    <span class={`icon tone-${SEVERITY_TONES[severity]}`} role="img" aria-label={severity}>
      {SEVERITY_ICONS[severity]}
    </span>
  );
}
