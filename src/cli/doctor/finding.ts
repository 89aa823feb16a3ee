/** What the doctor can say, and one thing that it says. */

/** `critical`: lvscope cannot do its work here; `unknown`: it cannot be told from here. */
export type Severity = 'ok' | 'info' | 'unknown' | 'warning' | 'critical';

/** A kind of finding; each stands beside the function that finds it, and in docs/doctor.md. */
export interface Kind {
  /** `area.name`. */
  readonly kind: string;
  readonly severity: Severity;
  /** What was seen, for the table in docs. */
  readonly when: string;
  readonly meaning: string;
  /** What to do, in the order in which it helps most often; none when all is well. */
  readonly advice: readonly string[];
}

export interface Finding {
  readonly kind: string;
  readonly severity: Severity;
  /** Null: it is about no interface in particular. */
  readonly interface: string | null;
  /** What was seen: one sentence with the figures. */
  readonly text: string;
  readonly meaning: string;
  /** Those of its kind that fit what was seen, likeliest first. */
  readonly advice: readonly string[];
}

export function found(
  { kind, severity, meaning, advice }: Kind,
  text: string,
  about: Partial<Pick<Finding, 'interface' | 'advice'>> = {},
): Finding {
  return { kind, severity, interface: null, text, meaning, advice, ...about };
}
