/** Drift: what is seen, held against what the operator said should be. */
import { addressText, sameAddress } from '../../../dissectors/address.ts';
import type { Daemon } from '../daemons.ts';
import type { EventSubject } from '../events.ts';
import type { ExpectedRouter } from '../expected.ts';
import { masterDownMicros, type VirtualRouter } from '../routers.ts';
import type { Report, Rule, RuleSet, World } from '../rule.ts';
import { segmentSubject } from '../segments.ts';

const NEEDS = ['network', 'expected'] as const;
const MICROS = 1_000_000;
/** As long as the slowest VRRPv2 backup needs to take over, several times. */
const PATIENCE_SECONDS = 30;
const LATELY_MICROS = 60 * MICROS;

const noRouter: Rule = {
  kind: 'expected.no_master',
  severity: 'critical',
  rule: `a virtual router of the expected state has had no master for ${PATIENCE_SECONDS} s`,
  meaning: 'Its addresses are served by nobody, or its adverts do not reach this port.',
  advice: 'Look at keepalived on its routers; if all is well there, at VLAN, interface and multicast path to this port.',
  needs: NEEDS,
  quietSeconds: null,
};

const otherMaster: Rule = {
  kind: 'expected.master',
  severity: 'warning',
  rule: 'another router than the preferred one has been master for longer than its Master_Down_Interval',
  meaning: 'The service works, but a failover has happened and was not taken back; the preferred router may be down.',
  advice: 'Find out why the preferred router gave up; fail back, or change preferredMaster in the configuration file.',
  needs: NEEDS,
  quietSeconds: null,
};

const otherAddresses: Rule = {
  kind: 'expected.addresses',
  severity: 'warning',
  rule: 'the master announces other virtual addresses than expected',
  meaning: 'An address is missing, so nobody serves it, or there is one that nobody planned.',
  advice: 'Compare virtual_ipaddress on the master with the configuration file and mend whichever is wrong.',
  needs: NEEDS,
  quietSeconds: null,
};

const otherSyncid: Rule = {
  kind: 'expected.syncid',
  severity: 'warning',
  rule: 'the master sends connection sync, and none with the expected syncid',
  meaning: 'A backup that expects the syncid drops these messages: a failover would lose the sessions.',
  advice: 'Set the same syncid on both load balancers (keepalived: lvs_sync_daemon; ipvsadm: --syncid).',
  needs: ['sync', 'network', 'expected'],
  quietSeconds: null,
};

const unexpected: Rule = {
  kind: 'expected.unknown_router',
  severity: 'warning',
  rule: 'adverts of a virtual router that the expected state does not name',
  meaning: 'Somebody runs VRRP here that is not planned: a new service, a test, or a mistake in the VRID.',
  advice: 'Find its sender by the MAC address; add it to the configuration file if it is wanted.',
  needs: NEEDS,
  quietSeconds: 60,
};

/** Whether this virtual router is meant. */
export const places = (world: World, expected: ExpectedRouter, router: VirtualRouter): boolean => {
  const { interface: name, vlan } = world.segments.all[router.segment];
  // A classic pcap file does not say which interface it is from.
  const here = expected.interface === null || name === null || name === expected.interface;
  return here && (expected.vlan === null || vlan === expected.vlan) && router.vrid === expected.vrid && router.family === expected.family;
};

function subjectOf(world: World, router: VirtualRouter): EventSubject {
  return { vrid: router.vrid, family: router.family, ...segmentSubject(world.segments.all[router.segment]) };
}

const plannedSubject = ({ vrid, family, interface: name, vlan }: ExpectedRouter): EventSubject => ({
  vrid,
  family,
  ...(name === null ? {} : { interface: name }),
  ...(vlan === null ? {} : { vlan }),
});

/** Raised while it is so, ended when it is not. */
function hold(report: Report, rule: Rule, subject: EventSubject, nowMicros: number, text: string | null, frames: readonly number[]): void {
  if (text === null) report.clear(rule, subject, nowMicros);
  else report.raise(rule, { atMicros: nowMicros, subject, text, frames });
}

function masterText(expected: ExpectedRouter, router: VirtualRouter, nowMicros: number): string | null {
  const { master } = router;
  const { preferredMaster } = expected;
  if (router.state !== 'master' || !master || preferredMaster === null || sameAddress(master.address, preferredMaster)) return null;
  const sinceMicros = nowMicros - router.masterSinceMicros;
  if (sinceMicros <= masterDownMicros(master.version, master.intervalCentiseconds)) return null;
  return `${addressText(master.address)} is master, and ${addressText(preferredMaster)} should be`;
}

function addressesText(expected: ExpectedRouter, router: VirtualRouter): string | null {
  if (expected.addresses === null || !router.master) return null;
  const seen = new Set(router.addresses.map(addressText));
  const planned = new Set(expected.addresses.map(addressText));
  const missing = [...planned].filter((address) => !seen.has(address));
  const extra = [...seen].filter((address) => !planned.has(address));
  const told = [
    ...(missing.length > 0 ? [`${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} not announced`] : []),
    ...(extra.length > 0 ? [`${extra.join(', ')} ${extra.length > 1 ? 'are' : 'is'} not expected`] : []),
  ];
  return told.length === 0 ? null : told.join('; ');
}

function syncText(expected: ExpectedRouter, router: VirtualRouter, daemons: readonly Daemon[], nowMicros: number): string | null {
  const { master } = router;
  if (expected.syncid === null || !master) return null;
  const own = daemons.filter(
    (d) => d.segment === router.segment && sameAddress(d.address, master.address) && nowMicros - d.lastSeenMicros <= LATELY_MICROS,
  );
  if (own.length === 0 || own.some(({ syncid }) => syncid === expected.syncid)) return null;
  return `${addressText(master.address)} sends syncid ${own.map(({ syncid }) => syncid).join(', ')} where ${expected.syncid} is expected`;
}

export const expectedRules: RuleSet = {
  rules: [noRouter, otherMaster, otherAddresses, otherSyncid, unexpected],
  check(world) {
    /** Since when each expected router has been without a master. */
    const missingSince = new Map<ExpectedRouter, number>();

    function judge(expected: ExpectedRouter, nowMicros: number, report: Report): void {
      const routers = world.routers.all.filter((router) => places(world, expected, router));
      const alive = routers.filter(({ state }) => state !== 'lost');
      if (alive.length > 0) missingSince.delete(expected);
      else if (!missingSince.has(expected)) missingSince.set(expected, nowMicros);
      const since = missingSince.get(expected);
      const late = since !== undefined && nowMicros - since >= PATIENCE_SECONDS * MICROS;
      const text = late
        ? `no master of VRID ${expected.vrid} (${expected.family}) has been seen for ${PATIENCE_SECONDS} s or longer`
        : null;
      const frames = routers.flatMap(({ senders }) => senders.flatMap((sender) => sender.frames.slice(-1)));
      hold(report, noRouter, plannedSubject(expected), nowMicros, text, frames);
      for (const router of routers) {
        const subject = subjectOf(world, router);
        const shown = router.master?.frames.slice(-1) ?? [];
        hold(report, otherMaster, subject, nowMicros, masterText(expected, router, nowMicros), shown);
        hold(report, otherAddresses, subject, nowMicros, addressesText(expected, router), shown);
        hold(report, otherSyncid, subject, nowMicros, syncText(expected, router, world.daemons.all, nowMicros), shown);
      }
    }

    return {
      advert(sighting, report) {
        const planned = world.expected?.routers ?? [];
        const router = planned.length > 0 ? world.routers.of(sighting) : undefined;
        if (!router || planned.some((expected) => places(world, expected, router))) return;
        const { atMicros, frame, network } = sighting;
        const from = network ? addressText(network.source) : 'somebody';
        const text = `${from} sends adverts for VRID ${router.vrid} (${router.family}), which is not expected`;
        report.raise(unexpected, { atMicros, subject: subjectOf(world, router), text, frames: [frame] });
      },
      second(nowMicros, report) {
        for (const expected of world.expected?.routers ?? []) judge(expected, nowMicros, report);
      },
    };
  },
};
