/** A small picture of new sessions over the last hour. */
import { rateText } from '../parts/text.ts';
import { BUCKETS, mostOf, type Rates, sparkPath } from './series.ts';

/** @param most what fills the whole height; by default the highest of these */
export function Spark({ rates, most = rates ? mostOf(rates) : 0 }: { rates: Rates | undefined; most?: number }) {
  if (!rates) return <span class="spark" />;
  const label = `new sessions a second over the last hour, at most ${rateText(mostOf(rates))}`;
  return (
    <svg class="spark" viewBox={`0 0 ${BUCKETS} 1`} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <path d={sparkPath(rates, most)} />
    </svg>
  );
}
