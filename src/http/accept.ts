/** Which media type to answer with (RFC 9110 section 12.5.1). */
import { Refusal } from '../contract/problem.ts';

interface Range {
  readonly type: string;
  readonly weight: number;
}

function rangeOf(text: string): Range {
  const [type, ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((p) => p.startsWith('q='))?.slice(2);
  return { type, weight: weight === undefined ? 1 : Number(weight) || 0 };
}

/** The weight of the most specific range that covers the type; 0 when none does. */
function weightOf(type: string, ranges: readonly Range[]): number {
  const covering = [type, `${type.split('/')[0]}/*`, '*/*'];
  return covering.map((range) => ranges.find((r) => r.type === range)).find((found) => found !== undefined)?.weight ?? 0;
}

/**
 * The offered type that the client likes best, the first offered of equals.
 * @throws Refusal when it accepts none
 */
export function negotiate<Type extends string>(accept: string | undefined, offered: readonly Type[]): Type {
  const ranges = (accept?.trim() || '*/*').split(',').map(rangeOf);
  const best = offered.map((type) => ({ type, weight: weightOf(type, ranges) })).reduce((a, b) => (b.weight > a.weight ? b : a));
  if (best.weight <= 0) throw new Refusal('not_acceptable', `${accept} is not offered here: ${offered.join(', ')} are`);
  return best.type;
}
