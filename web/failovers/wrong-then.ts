/** Which anomalies there were during a failover. Pure. */
import type { Anomaly } from '../../src/contract/anomaly.ts';
import type { Failover } from '../../src/contract/failover.ts';
import { millisOf } from './failover-words.ts';

/** Of the same segment and no other virtual router, seen at some time from the last sign of the old master until the report's end. */
export function wrongThen(anomalies: readonly Anomaly[], failover: Failover): Anomaly[] {
  const { at, gapMs, closedAt, vrid, interface: name } = failover;
  const begin = millisOf(at) - (gapMs ?? 0);
  const end = closedAt === null ? Number.POSITIVE_INFINITY : millisOf(closedAt);
  return anomalies.filter(({ firstSeen, endedAt, subject }) => {
    if (firstSeen === null || millisOf(firstSeen) > end || (endedAt !== null && millisOf(endedAt) < begin)) return false;
    return (subject.vrid ?? vrid) === vrid && (subject.interface ?? name) === name;
  });
}
