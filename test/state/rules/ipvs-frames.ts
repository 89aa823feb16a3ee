/** Sync datagrams of a director, for the tests of rules about connection sync. */
import type { Frame } from '../../../dissectors/dissect.ts';
import {
  ipv4Packet,
  messageV0,
  messageV1,
  type PacketFields,
  type RecordFields,
  recordV0,
  recordV1,
  udpDatagram,
} from '../../sync-message.ts';
import { type Watched, watch } from '../../watched.ts';
import { groupMac, LB1, link } from '../../wire-frames.ts';

export interface SendFields extends Omit<PacketFields, 'source'> {
  readonly from?: { readonly address: string; readonly mac: string };
  readonly syncid?: number;
  readonly version?: 0 | 1;
}

const GROUP = '224.0.0.81';

export function payload(seconds: number, message: readonly number[], { from = LB1, ...fields }: SendFields = {}): Frame {
  const packet = ipv4Packet(udpDatagram(message, fields), 17, { group: GROUP, source: from.address, ...fields });
  return link(seconds, { from: from.mac, to: groupMac(fields.group ?? GROUP), etherType: 0x0800 }, packet);
}

/** A datagram with these records. */
export function send(seconds: number, records: readonly RecordFields[] = [{}], fields: SendFields = {}): Frame {
  const { syncid = 51, version = 1 } = fields;
  const message = version === 1 ? messageV1(records.map(recordV1), { syncid }) : messageV0(records.map(recordV0), { syncid });
  return payload(seconds, message, fields);
}

export const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

export const inOrder = (...frames: readonly Frame[][]): Frame[] => frames.flat().sort((a, b) => a.atMicros - b.atMicros);

/** Kinds of anomalies and notices about connection sync that were raised or logged. */
export function syncKinds(frames: readonly Frame[], untilSeconds: number | null = null, channels?: readonly string[]): string[] {
  return kindsOf(watch(frames, untilSeconds, null, [], channels));
}

export function kindsOf({ anomalies, events }: Watched): string[] {
  const all = [...anomalies, ...events].map(({ kind }) => kind);
  return [...new Set(all)].filter((kind) => kind.startsWith('ipvs.') && kind !== 'ipvs.sender_seen').sort();
}
