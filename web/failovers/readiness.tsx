/** What a failover was expected to do just before it happened. */
import type { VirtualRouter } from '../../src/contract/vrrp.ts';
import type { KnownRouter } from './use-router-view.ts';

const EXPECTED = {
  true: 'Just before the change it was said that a failover keeps the sessions.',
  false: 'Just before the change it was said that a failover loses sessions.',
  null: 'Just before the change it could not be told whether a failover keeps the sessions.',
} as const;

function Expected({ readiness: { failoverKeepsSessions, reasons } }: Pick<VirtualRouter, 'readiness'>) {
  return (
    <>
      <p data-expected={`${failoverKeepsSessions}`}>{EXPECTED[`${failoverKeepsSessions}`]}</p>
      <ul>
        {reasons.map((reason) => (
          <li key={reason}>{reason}</li>
        ))}
      </ul>
    </>
  );
}

export function Readiness({ view: { before, isAsking, fault } }: { view: KnownRouter }) {
  if (before) return <Expected readiness={before.readiness} />;
  if (isAsking) return <p>Asking …</p>;
  return <p>{fault === null ? 'Unknown: this virtual router was not heard before.' : `Unknown: ${fault}`}</p>;
}
