/** Would a failover now keep the sessions: what speaks for it, what against, and what cannot be told. */
import { addressText, sameAddress } from '../../dissectors/address.ts';
import { backupBlindness, isBackup, isSameRouter, type Standing, standingsOf } from './backups.ts';
import type { Daemon } from './daemons.ts';
import type { RouterSender, VirtualRouter } from './routers.ts';
import type { World } from './rule.ts';

export interface Readiness {
  /** Null: cannot be told. */
  readonly failoverKeepsSessions: boolean | null;
  /** Sentences: those that decide it. */
  readonly reasons: readonly string[];
}

interface Reason {
  readonly keeps: boolean | null;
  readonly text: string;
}

const SECOND = 1_000_000;
/** Sync is flushed within 3 s of its making; after so long a silence with live sessions it is in doubt. */
const FLOWING_SECONDS = 60;
/** Of two senders with one syncid, both are at work when heard so lately. */
const TOGETHER_SECONDS = 10;

const keeps = (text: string): Reason => ({ keeps: true, text });
const breaks = (text: string): Reason => ({ keeps: false, text });
const unclear = (text: string): Reason => ({ keeps: null, text });
const seconds = (micros: number): string => `${Math.round(micros / SECOND)} s`;
const names = (all: readonly Standing[]): string => all.map(({ address }) => addressText(address)).join(', ');

export function readinessOf(router: VirtualRouter, world: World, nowMicros: number): Readiness {
  const reasons = reasonsOf(router, world, nowMicros);
  const verdict = reasons.some((reason) => reason.keeps === false) ? false : reasons.some((reason) => reason.keeps === null) ? null : true;
  return { failoverKeepsSessions: verdict, reasons: reasons.filter((reason) => reason.keeps === verdict).map(({ text }) => text) };
}

function reasonsOf(router: VirtualRouter, world: World, nowMicros: number): Reason[] {
  if (router.state === 'lost') return [breaks('No router is master now.')];
  if (router.state === 'two_masters') return [breaks('Two routers are master at the same time.')];
  const standings = standingsOf(router, world, nowMicros);
  const master = standings.find(({ role }) => role === 'master');
  if (!master?.sender) return [breaks('No router is master now.')];
  const backups = standings.filter(isBackup);
  return [
    backupReason(router, standings, world, nowMicros),
    ...backups.flatMap(({ sender, member }) => (sender && master.sender ? disagreements(master.sender, sender, member) : [])),
    ...syncReasons(router, master, backups, world, nowMicros),
  ];
}

function backupReason(router: VirtualRouter, standings: readonly Standing[], world: World, nowMicros: number): Reason {
  const backups = standings.filter(isBackup);
  if (backups.length > 0) return keeps(`${names(backups)} ${backups.length === 1 ? 'is a backup' : 'are backups'}.`);
  const gone = standings.filter(({ departure, sender }) => departure !== null || sender?.priority === 0);
  const others = standings.filter(({ role }) => role !== 'master');
  if (gone.length > 0 && gone.length === others.length) return breaks(`${names(gone)} stopped, and no other backup has been seen.`);
  const why = backupBlindness(router, standings, world, nowMicros);
  if (why !== null) return unclear(`Whether there is a backup cannot be told: ${why}.`);
  return breaks('There is no backup: nobody but the master listens to the adverts.');
}

/** What makes routers of one virtual router refuse each other's adverts, or serve different addresses. */
function disagreements(master: RouterSender, backup: RouterSender, member: Standing['member']): Reason[] {
  // It began anew since it was heard: its settings may be others now.
  if (member && member.firstMicros > backup.lastMicros) return [];
  const who = `${addressText(backup.address)} and the master ${addressText(master.address)}`;
  const found: string[] = [];
  if (master.version !== backup.version) found.push(`${who} use VRRP versions ${backup.version} and ${master.version}.`);
  else if (master.dialect !== backup.dialect) found.push(`${who} compute their checksums differently, so each drops the other's adverts.`);
  // Version 3 adopts the master's interval (RFC 5798 section 6.4.2); version 2 drops the advert (RFC 3768 section 7.1).
  if (master.version === 2 && master.intervalCentiseconds !== backup.intervalCentiseconds)
    found.push(`${who} use intervals of ${backup.intervalCentiseconds / 100} s and ${master.intervalCentiseconds / 100} s.`);
  if (master.authentication !== backup.authentication) found.push(`${who} authenticate in different ways.`);
  else if (master.secret !== backup.secret) found.push(`${who} use different passwords.`);
  if (!sameSet(master, backup)) found.push(`${who} announce different virtual addresses.`);
  return found.map(breaks);
}

function sameSet(a: RouterSender, b: RouterSender): boolean {
  const has = (all: RouterSender['addresses'], one: RouterSender['addresses'][number]) => all.some((other) => sameAddress(other, one));
  return a.addresses.length === b.addresses.length && a.addresses.every((address) => has(b.addresses, address));
}

/** The sync that belongs to a virtual router: its master's, the latest heard, else the one whose syncid is the VRID (keepalived's default). */
export function syncOf(router: VirtualRouter, master: Standing, { daemons, segments }: World): Daemon | null {
  const latest = (some: readonly Daemon[]) =>
    some.reduce<Daemon | null>((a, b) => (a && a.lastSeenMicros >= b.lastSeenMicros ? a : b), null);
  const { interface: port } = segments.all[router.segment];
  const near = daemons.all.filter((daemon) => segments.all[daemon.segment]?.interface === port);
  const ofMaster = near.filter((daemon) => isSameRouter(daemon, master));
  return latest(ofMaster) ?? latest(near.filter(({ syncid }) => syncid === router.vrid));
}

function syncReasons(router: VirtualRouter, master: Standing, backups: readonly Standing[], world: World, nowMicros: number): Reason[] {
  const daemon = syncOf(router, master, world);
  if (!daemon) return [unclear('No connection sync of its master was heard, so whether sessions are handed over cannot be told.')];
  return [
    ...(backups.length > 0 ? [listenReason(daemon, master, backups, world, nowMicros)] : []),
    flowReason(daemon, master, world, nowMicros),
    ...versionReasons(daemon, world),
    ...syncidReasons(daemon, router, world, nowMicros),
  ];
}

function listenReason(daemon: Daemon, master: Standing, backups: readonly Standing[], world: World, nowMicros: number): Reason {
  const { groups } = world;
  const { segment, group } = daemon;
  const text = addressText(group);
  // One that sent before it gave way listens now.
  const senders = isSameRouter(daemon, master) ? [master, daemon] : [master];
  const listeners = groups.members(segment, group).filter((member) => !senders.some((sender) => isSameRouter(member, sender)));
  const ready = backups.filter((backup) => listeners.some((listener) => isSameRouter(listener, backup)));
  if (ready.length > 0) return keeps(`${names(ready)} ${ready.length === 1 ? 'listens' : 'listen'} to connection sync on ${text}.`);
  const left = backups.filter((backup) => groups.departure(segment, group, backup) !== null);
  if (left.length === backups.length) return breaks(`${names(left)} stopped listening to connection sync on ${text}.`);
  if (listeners.length > 0) return unclear(`Somebody listens to connection sync on ${text}, but which router that is cannot be told.`);
  const why = groups.blindness(segment, typeof group === 'number' ? 'ipv4' : 'ipv6', nowMicros);
  if (why !== null) return unclear(`Whether a backup listens to connection sync on ${text} cannot be told: ${why}.`);
  return breaks(`No backup listens to connection sync on ${text}.`);
}

function flowReason(daemon: Daemon, master: Standing, { sessions }: World, nowMicros: number): Reason {
  const silentMicros = nowMicros - daemon.lastSeenMicros;
  const who = addressText(daemon.address);
  if (sessions.live === 0) return keeps(`No session is alive, so that ${who} sends no sync says nothing.`);
  if (!isSameRouter(daemon, master)) return unclear(`Connection sync came from ${who}, and not from the master yet.`);
  if (silentMicros > FLOWING_SECONDS * SECOND) return unclear(`The master has sent no connection sync for ${seconds(silentMicros)}.`);
  return keeps(`The master's connection sync was heard ${seconds(silentMicros)} ago.`);
}

/** Version 0 carries neither IPv6 nor timeouts nor engine data, and kernels before 2.6.39 read nothing else. */
function versionReasons(daemon: Daemon, { daemons }: World): Reason[] {
  const { segment, group, syncid } = daemon;
  const others = daemons.all.filter((other) => other.segment === segment && other.syncid === syncid && sameAddress(other.group, group));
  if (others.some(({ version }) => version !== daemon.version))
    return [unclear('Connection sync is sent in versions 0 and 1, of which an old kernel reads only 0.')];
  if (daemon.version === 1) return [keeps('Connection sync is of version 1.')];
  return [keeps('Connection sync is of version 0: without timeouts, IPv6 and persistence engine data.')];
}

/** Another cluster under the same syncid fills the same table. */
function syncidReasons(daemon: Daemon, router: VirtualRouter, world: World, nowMicros: number): Reason[] {
  const known = standingsOf(router, world, nowMicros);
  const { segment, group, syncid } = daemon;
  const strangers = world.daemons.all.filter(
    (other) =>
      other !== daemon &&
      other.segment === segment &&
      other.syncid === syncid &&
      sameAddress(other.group, group) &&
      nowMicros - other.lastSeenMicros < TOGETHER_SECONDS * SECOND &&
      !known.some((standing) => isSameRouter(standing, other)),
  );
  const who = strangers.map(({ address }) => addressText(address)).join(', ');
  return strangers.length === 0 ? [] : [breaks(`${who}, which is none of its routers, sends connection sync with syncid ${syncid} too.`)];
}
