/**
 * From news to notifications. It runs by the monitor's time (a recording played at any speed gives the same notifications
 * as the wire did), and knows neither receivers nor the wall's clock, by which delivery runs.
 */
import type { AlertNumbers } from '../contract/alert.ts';
import type { Alerting, AlertRule } from '../contract/alerting.ts';
import { type AlertState, apply, type Due, due, fingerprintOf, isOver, newAlert } from './alert-state.ts';
import { type About, matches } from './match.ts';
import type { Mutes } from './mutes.ts';
import type { News } from './news.ts';

/** @param atMicros the monitor's time: of what merely happened, when it did; else when it was learnt, or was due */
export type Tell = (alert: AlertState, status: Due, rule: AlertRule, atMicros: number) => void;

const MOST_ALERTS = 10_000;
/** Deadlines are looked at once in so long. */
const SWEEP_MICROS = 1_000_000;

export class AlertEngine {
  readonly #rules: readonly AlertRule[];
  readonly #mutes: Mutes;
  readonly #tell: Tell;
  readonly #alerts = new Map<string, AlertState>();
  readonly #changed = new Set<string>();
  #nowMicros = 0;
  #sweptMicros = 0;
  #silenced = 0;
  #damped = 0;
  #overflowed = 0;

  constructor({ rules }: Alerting, mutes: Mutes, tell: Tell) {
    this.#rules = rules;
    this.#mutes = mutes;
    this.#tell = tell;
  }

  get all(): AlertState[] {
    return [...this.#alerts.values()];
  }

  get numbers(): AlertNumbers {
    const active = this.all.filter(({ endsMicros }) => endsMicros === null).length;
    return { active, suppressed: { silence: this.#silenced, flapping: this.#damped }, overflowed: this.#overflowed };
  }

  ruleOf({ rule }: AlertState): AlertRule | null {
    return this.#rules.find(({ name }) => name === rule) ?? null;
  }

  /**
   * Takes up where the last run left off; for the start only.
   * @param kept alerts of the last run
   * @param burning what burns now: the rest of what is kept has ended unseen
   */
  restore(kept: readonly AlertState[], burning: readonly News[], nowMicros: number): void {
    const present = new Set(burning.map(fingerprintOf));
    for (const alert of kept) {
      const rule = this.#matching(alert);
      if (!rule) this.#changed.add(alert.fingerprint);
      else this.#alerts.set(alert.fingerprint, { ...alert, rule: rule.name });
    }
    this.#nowMicros = nowMicros;
    for (const news of burning) this.take(news);
    for (const alert of this.#alerts.values()) {
      if (alert.endsMicros !== null || present.has(alert.fingerprint)) continue;
      alert.endsMicros = nowMicros;
      this.#changed.add(alert.fingerprint);
    }
    this.#sweep();
  }

  take(news: News): void {
    this.advance(news.atMicros);
    const rule = this.#matching(news);
    if (!rule) return;
    const fingerprint = fingerprintOf(news);
    const alert = this.#find(news, fingerprint, rule);
    if (!alert) return;
    if (!apply(alert, news, rule, this.#nowMicros)) return;
    this.#changed.add(fingerprint);
    // Receivers that know that it flaps are not told of what comes and goes.
    if (alert.flapping) alert.fresh = false;
    if (alert.flapping && alert.told === 'flapping') this.#damped++;
    this.#settle(alert, rule);
  }

  /** What is due by then happens: repeats, ends of silences, the calm after flapping. */
  advance(nowMicros: number): void {
    this.#nowMicros = Math.max(this.#nowMicros, nowMicros);
    if (this.#nowMicros - this.#sweptMicros >= SWEEP_MICROS) this.#sweep();
  }

  /** Since the last call: null for one that is forgotten. */
  takeChanges(): { fingerprint: string; alert: AlertState | null }[] {
    const changes = [...this.#changed].map((fingerprint) => ({ fingerprint, alert: this.#alerts.get(fingerprint) ?? null }));
    this.#changed.clear();
    return changes;
  }

  #matching(about: About): AlertRule | null {
    return this.#rules.find(({ match }) => matches(match, about)) ?? null;
  }

  #sweep(): void {
    this.#sweptMicros = this.#nowMicros;
    this.#mutes.forget(this.#nowMicros);
    for (const alert of this.#alerts.values()) {
      const rule = this.ruleOf(alert);
      if (!rule) continue;
      this.#settle(alert, rule);
      if (!isOver(alert, rule, this.#nowMicros)) continue;
      if (due(alert, rule, this.#nowMicros) === null) this.#forget(alert.fingerprint);
    }
  }

  #find(news: News, fingerprint: string, rule: AlertRule): AlertState | null {
    const known = this.#alerts.get(fingerprint);
    if (known || news.change === 'ended') return known ?? null;
    if (this.#alerts.size >= MOST_ALERTS) {
      this.#overflowed++;
      return null;
    }
    const alert = newAlert(news, fingerprint, rule.name);
    this.#alerts.set(fingerprint, alert);
    return alert;
  }

  #settle(alert: AlertState, rule: AlertRule): void {
    const status = due(alert, rule, this.#nowMicros);
    if (status === null) {
      alert.suppressedBy = null;
      return;
    }
    const mute = this.#mutes.of(alert, this.#nowMicros);
    if (mute !== null) this.#suppress(alert, mute);
    else this.#notify(alert, status, rule);
  }

  #suppress(alert: AlertState, mute: string): void {
    if (alert.suppressedBy !== mute || alert.fresh) this.#silenced++;
    // What merely happened is over when the silence ends; what still burns is told then.
    alert.fresh = false;
    if (alert.suppressedBy === mute) return;
    alert.suppressedBy = mute;
    this.#changed.add(alert.fingerprint);
  }

  #notify(alert: AlertState, status: Due, rule: AlertRule): void {
    alert.suppressedBy = null;
    alert.fresh = false;
    alert.told = status === 'happened' ? 'resolved' : status;
    alert.toldMicros = this.#nowMicros;
    alert.notified++;
    this.#changed.add(alert.fingerprint);
    // Frames may come later than the clock's last look: an event keeps its own time.
    this.#tell(alert, status, rule, status === 'happened' ? alert.startsMicros : this.#nowMicros);
  }

  #forget(fingerprint: string): void {
    this.#alerts.delete(fingerprint);
    this.#changed.add(fingerprint);
  }
}
