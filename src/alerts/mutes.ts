/** All that keeps alerts quiet: silences of the file and of run time, maintenance windows. */
import type { Alerting } from '../contract/alerting.ts';
import { type NewSilence, type Silence, silenceOf } from '../contract/silence.ts';
import { isOpen } from './maintenance.ts';
import { type About, matches } from './match.ts';

/** Set at run time; kept over a restart. */
export interface KeptSilence extends NewSilence {
  readonly id: string;
}

const MOST_SILENCES = 1000;

const covers = ({ fromMicros, toMicros }: Pick<NewSilence, 'fromMicros' | 'toMicros'>, atMicros: number): boolean =>
  atMicros >= fromMicros && atMicros < toMicros;

export class Mutes {
  readonly #fixed: readonly KeptSilence[];
  readonly #windows: Alerting['maintenance'];
  readonly #kept = new Map<string, KeptSilence>();
  readonly #save: (id: string, silence: KeptSilence | null) => void;

  /** @param save called with every silence that is set, and with null for one that is gone */
  constructor({ silences, maintenance }: Alerting, kept: readonly KeptSilence[], save: (id: string, silence: KeptSilence | null) => void) {
    this.#fixed = silences.map((silence, i) => ({ ...silence, id: `file-${i + 1}` }));
    this.#windows = maintenance;
    this.#save = save;
    for (const silence of kept) this.#kept.set(silence.id, silence);
  }

  /** Id of one that covers it at a moment; null: nothing keeps it quiet. */
  of(about: About, atMicros: number): string | null {
    for (const silence of [...this.#kept.values(), ...this.#fixed])
      if (covers(silence, atMicros) && matches(silence.match, about)) return silence.id;
    const window = this.#windows.find((one) => matches(one.match, about) && isOpen(one, atMicros));
    return window ? `maintenance-${window.name}` : null;
  }

  list(atMicros: number): Silence[] {
    const present = (silence: KeptSilence): boolean => silence.toMicros > atMicros;
    const told = (origin: Silence['origin']) => (silence: KeptSilence) => silenceOf(silence.id, origin, silence, covers(silence, atMicros));
    return [
      ...[...this.#kept.values()].filter(present).map(told('api')),
      ...this.#fixed.filter(present).map(told('silence')),
      ...this.#windows.map((window) =>
        silenceOf(
          `maintenance-${window.name}`,
          'maintenance',
          { match: window.match, comment: window.name, fromMicros: null, toMicros: null },
          isOpen(window, atMicros),
        ),
      ),
    ];
  }

  /** False when there are too many. */
  add(silence: KeptSilence): boolean {
    if (this.#kept.size >= MOST_SILENCES) return false;
    this.#kept.set(silence.id, silence);
    this.#save(silence.id, silence);
    return true;
  }

  /** False when none of that id was set at run time. */
  end(id: string): boolean {
    if (!this.#kept.delete(id)) return false;
    this.#save(id, null);
    return true;
  }

  /** Lets go of those that are over. */
  forget(atMicros: number): void {
    for (const { id, toMicros } of this.#kept.values()) if (toMicros <= atMicros) this.end(id);
  }
}
