/** A connection as REST, WebSocket, `--json` and the page see it. */
import { type Static, Type } from 'typebox';
import type { PersistenceEngine } from '../../dissectors/ipvs.ts';
import { FLAG } from '../../dissectors/ipvs-record.ts';
import type { Monitor } from '../state/monitor.ts';
import { readSession, sessionId } from '../state/session.ts';
import { Endpoint, endpoint, FamilyName, ForwardName, forwardName, Nullable, protoText, Time, timeText } from './scalars.ts';

export const ConnectionSchema = Type.Object(
  {
    id: Type.String(),
    proto: Type.String({ description: 'tcp, udp, sctp; ip for the template of a firewall-mark service' }),
    family: FamilyName,
    client: Endpoint,
    virtual: Endpoint,
    destination: Endpoint,
    fwmark: Type.Integer({ minimum: 0, description: '0: none' }),
    state: Type.String({ description: 'as ipvsadm names it' }),
    forward: ForwardName,
    active: Type.Boolean({ description: 'counts as ActiveConn' }),
    template: Type.Boolean({ description: 'a persistence template' }),
    flags: Type.Array(Type.String()),
    persistenceEngine: Nullable(Type.Object({ name: Type.String(), data: Type.String() })),
    timeoutSeconds: Type.Integer({ minimum: 0, description: 'full timeout of the state, as sent' }),
    expiresInSeconds: Type.Integer({ minimum: 0 }),
    expiresAt: Time,
    firstSeen: Time,
    lastSync: Time,
    syncCount: Type.Integer({ minimum: 0 }),
    origin: Type.Enum(['local', 'synced'], { description: 'synced: its sender had learnt it from another director' }),
    daemonId: Type.String(),
    interface: Nullable(Type.String()),
    vlan: Nullable(Type.Integer({ minimum: 0, maximum: 4095 })),
  },
  { $id: 'Connection' },
);
export type Connection = Static<typeof ConnectionSchema>;

/** Flags of IPVS that a connection shows, by their bit. */
export const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [FLAG.noOutput, 'NOOUTPUT'],
  [FLAG.inactive, 'INACTIVE'],
  [FLAG.outSequence, 'OUT_SEQ'],
  [FLAG.inSequence, 'IN_SEQ'],
  [FLAG.noClientPort, 'NO_CPORT'],
  [FLAG.template, 'TEMPLATE'],
  [FLAG.conntrack, 'NFCT'],
];

const latin1 = new TextDecoder('latin1');

export const persistenceData = ({ data }: PersistenceEngine): string => latin1.decode(data);

/** Seconds left, whole and never negative, as `ipvsadm -Lnc` counts them. */
export function secondsLeft(expiresAtMicros: number, nowMicros: number): number {
  return Math.max(0, Math.floor((expiresAtMicros - nowMicros) / 1_000_000));
}

export function connectionOf(monitor: Monitor, slot: number, nowMicros: number): Connection {
  const { sessions } = monitor;
  const s = readSession(sessions, slot);
  const segment = monitor.segments.all[s.segment];
  return {
    id: sessionId(sessions, slot),
    proto: protoText(s.proto),
    family: s.family,
    client: endpoint(s.client, s.clientPort),
    virtual: endpoint(s.virtual, s.virtualPort),
    destination: endpoint(s.destination, s.destinationPort),
    fwmark: s.fwmark,
    state: s.state,
    forward: forwardName(s.flags & FLAG.forwardMask),
    active: !s.template && !(s.flags & FLAG.inactive),
    template: s.template,
    flags: FLAG_NAMES.filter(([bit]) => s.flags & bit).map(([, name]) => name),
    persistenceEngine: s.engine && { name: s.engine.name, data: persistenceData(s.engine) },
    timeoutSeconds: s.timeoutSeconds,
    expiresInSeconds: secondsLeft(s.expiresAtMicros, nowMicros),
    expiresAt: timeText(s.expiresAtMicros),
    firstSeen: timeText(s.firstSeenMicros),
    lastSync: timeText(s.lastSyncMicros),
    syncCount: s.syncCount,
    origin: s.synced ? 'synced' : 'local',
    daemonId: String(s.daemon),
    interface: segment?.interface ?? null,
    vlan: segment?.vlan ?? null,
  };
}
