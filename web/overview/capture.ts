/** What the capture panel says of a source. Pure. */
import type { CaptureStatus } from '../../src/contract/capture.ts';
import type { HistoryStatus } from '../../src/contract/history.ts';
import { countText } from '../parts/text.ts';

export const dropsOf = ({ dropped }: CaptureStatus): number => Object.values(dropped).reduce<number>((sum, count) => sum + (count ?? 0), 0);

/** `0 dropped`, or how many and where; a source that cannot count its losses says so. */
export function dropText({ dropped }: CaptureStatus): string {
  const known = Object.entries(dropped).filter(([, count]) => count !== null);
  if (known.length === 0) return 'drops not counted';
  const lossy = known.filter(([, count]) => count !== 0);
  return lossy.length === 0 ? '0 dropped' : lossy.map(([place, count]) => `${countText(count ?? 0)} dropped (${place})`).join(', ');
}

/** The interface, or a file's name without its folder. */
export function sourceName({ id, kind, interface: name }: CaptureStatus): string {
  if (kind === 'stdin') return 'standard input';
  return name ?? id.slice(id.lastIndexOf('/') + 1);
}

/** `12.3 MiB` */
export function octetsText(octets: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, octets < 1 ? 0 : Math.floor(Math.log2(octets) / 10));
  const amount = octets / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power]}`;
}

/** What of the past is missing, in words; null: nothing. */
export function historyFault({ lastError, lostFrames }: HistoryStatus): string | null {
  if (lastError !== null) return lastError;
  return lostFrames > 0 ? `${countText(lostFrames)} frames not kept` : null;
}
