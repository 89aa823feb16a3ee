/** A condition that lasts: raised when it begins, cleared when it ends, and not counted in between. */
import { subjectKey } from '../anomalies.ts';
import type { EventSubject } from '../events.ts';
import type { Finding, Report, Rule } from '../rule.ts';

const MOST_HELD = 4096;

export class Held {
  readonly #rule: Rule;
  readonly #subjects = new Set<string>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  raise(report: Report, finding: Finding): void {
    const key = subjectKey(finding.subject);
    if (this.#subjects.has(key) || this.#subjects.size >= MOST_HELD) return;
    this.#subjects.add(key);
    report.raise(this.#rule, finding);
  }

  clear(report: Report, subject: EventSubject, atMicros: number): void {
    this.#subjects.delete(subjectKey(subject));
    report.clear(this.#rule, subject, atMicros);
  }
}
