/** One session read out of the table: a plain value, safe to keep. */
import type { Address, Family } from '../../dissectors/address.ts';
import type { PersistenceEngine } from '../../dissectors/ipvs.ts';
import { FLAG } from '../../dissectors/ipvs-record.ts';
import { stateName } from '../../dissectors/ipvs-states.ts';
import { HIGH_SHIFT, MICROS_MASK, ROW, WORD, WORDS } from './session-layout.ts';
import type { Sessions } from './sessions.ts';

export interface Session {
  readonly slot: number;
  /** IP protocol number; 0 for the template of a firewall-mark service. */
  readonly proto: number;
  readonly family: Family;
  readonly client: Address;
  readonly clientPort: number;
  /** For a template of protocol 0 the firewall mark stands here, as the kernel shows it. */
  readonly virtual: Address;
  readonly virtualPort: number;
  readonly destination: Address;
  readonly destinationPort: number;
  readonly fwmark: number;
  /** As `ipvsadm -Lnc` names it. */
  readonly state: string;
  /** Kernel flags as a backup keeps them, `FLAG`, and conntrack as seen. */
  readonly flags: number;
  readonly template: boolean;
  readonly engine: PersistenceEngine | null;
  readonly timeoutSeconds: number;
  readonly expiresAtMicros: number;
  readonly firstSeenMicros: number;
  readonly lastSyncMicros: number;
  readonly syncCount: number;
  /** The sender had learnt it by sync itself. */
  readonly synced: boolean;
  readonly daemon: number;
  readonly segment: number;
}

const MICROS = 1_000_000;

export function firstSeenMicros(sessions: Sessions, slot: number): number {
  const row = slot * WORDS;
  return sessions.words[row + WORD.firstSeconds] * MICROS + (sessions.words[row + WORD.daemonFirstMicros] & MICROS_MASK);
}

export function lastSyncMicros(sessions: Sessions, slot: number): number {
  const row = slot * WORDS;
  return sessions.words[row + WORD.lastSeconds] * MICROS + (sessions.words[row + WORD.bucketLastMicros] & MICROS_MASK);
}

/** A slot holds one session at a time, so slot and first moment name it for good; the same in every replay. */
export function sessionId(sessions: Sessions, slot: number): string {
  return `${slot.toString(36)}-${firstSeenMicros(sessions, slot).toString(36)}`;
}

/** The slot that an id names; 0 when that session is gone. */
export function slotOf(sessions: Sessions, id: string): number {
  const slot = Number.parseInt(id, 36);
  return slot > 0 && slot < sessions.top && sessions.inUse(slot) && sessionId(sessions, slot) === id ? slot : 0;
}

export function readSession(sessions: Sessions, slot: number): Session {
  const row = slot * WORDS;
  const { words } = sessions;
  const flags = words[row + WORD.flags];
  const ports = words[row + WORD.ports];
  const packed = words[row + WORD.destinationPortProtoState];
  const proto = (packed >>> 8) & 0xff;
  const template = (flags & FLAG.template) !== 0;
  const extra = sessions.extra(slot);
  return {
    slot,
    proto,
    family: flags & ROW.ipv6 ? 'ipv6' : 'ipv4',
    client: sessions.address(slot, 'client'),
    clientPort: ports >>> 16,
    virtual: sessions.address(slot, 'virtual'),
    virtualPort: ports & 0xffff,
    destination: sessions.address(slot, 'destination'),
    destinationPort: packed >>> 16,
    fwmark: extra?.fwmark ?? 0,
    state: stateName(proto, template, packed & 0xff),
    flags: flags & (ROW.kernelFlags | ROW.conntrack),
    template,
    engine: extra?.engine ?? null,
    timeoutSeconds: words[row + WORD.timeout],
    expiresAtMicros: sessions.expiresAtMicros(slot),
    firstSeenMicros: firstSeenMicros(sessions, slot),
    lastSyncMicros: lastSyncMicros(sessions, slot),
    syncCount: words[row + WORD.syncCount],
    synced: (flags & ROW.synced) !== 0,
    daemon: words[row + WORD.daemonFirstMicros] >>> HIGH_SHIFT,
    segment: flags >>> ROW.segmentShift,
  };
}

/** The longest timeout of any session, in seconds; 0 without one. */
export function longestTimeoutSeconds({ words, top }: Sessions): number {
  let longest = 0;
  for (let row = WORDS; row < top * WORDS; row += WORDS)
    if (words[row + WORD.flags] & ROW.inUse) longest = Math.max(longest, words[row + WORD.timeout]);
  return longest;
}
