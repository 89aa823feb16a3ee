/** Sync messages made by hand for tests, from the layout in the kernel's ip_vs_sync.c, in Ethernet frames as a director sends them. */
import type { Frame } from '../dissectors/dissect.ts';

export interface RecordFields {
  readonly proto?: number;
  readonly client?: string;
  readonly clientPort?: number;
  readonly virtual?: string;
  readonly virtualPort?: number;
  readonly destination?: string;
  readonly destinationPort?: number;
  readonly flags?: number;
  readonly state?: number;
  readonly timeout?: number;
  readonly fwmark?: number;
  readonly type?: number;
  readonly version?: number;
  readonly size?: number;
  readonly options?: readonly number[];
}

const DEFAULTS = {
  proto: 6,
  client: '198.51.100.7',
  clientPort: 40000,
  virtual: '10.0.0.1',
  virtualPort: 443,
  destination: '10.0.1.1',
  destinationPort: 443,
  flags: 0x83,
  state: 1,
  timeout: 900,
  fwmark: 0,
  version: 0,
  options: [] as readonly number[],
};

export const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** Octets of an address; IPv6 only in the form `fd99::N`. */
export function octets(address: string): number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  const [head, tail] = address.split('::');
  const [first, last] = [Number.parseInt(head, 16), Number.parseInt(tail || '0', 16)];
  return [...u16(first), ...new Array<number>(10).fill(0), ...u32(last)];
}

export function recordV1(fields: RecordFields = {}): number[] {
  const f = { ...DEFAULTS, ...fields };
  const v6 = f.client.includes(':');
  const ends = [...octets(f.client), ...octets(f.virtual), ...octets(f.destination)];
  const ports = [...u16(f.clientPort), ...u16(f.virtualPort), ...u16(f.destinationPort)];
  const body = [...u32(f.flags), ...u16(f.state), ...ports, ...u32(f.fwmark), ...u32(f.timeout), ...ends, ...f.options];
  const size = fields.size ?? 4 + body.length;
  const whole = [fields.type ?? (v6 ? 1 : 0), f.proto, ...u16((f.version << 12) | size), ...body];
  return [...whole, ...new Array<number>(-whole.length & 3).fill(0)];
}

export function recordV0(fields: RecordFields = {}): number[] {
  const f = { ...DEFAULTS, ...fields };
  const ports = [...u16(f.clientPort), ...u16(f.virtualPort), ...u16(f.destinationPort)];
  const ends = [...octets(f.client), ...octets(f.virtual), ...octets(f.destination)];
  return [0, f.proto, ...ports, ...ends, ...u16(f.flags), ...u16(f.state), ...f.options];
}

export interface MessageFields {
  readonly count?: number;
  readonly size?: number;
  readonly syncid?: number;
  readonly version?: number;
  readonly spare?: number;
}

export function messageV1(records: readonly number[][], fields: MessageFields = {}): number[] {
  const body = records.flat();
  const size = fields.size ?? 8 + body.length;
  return [0, fields.syncid ?? 51, ...u16(size), fields.count ?? records.length, fields.version ?? 1, ...u16(fields.spare ?? 0), ...body];
}

export function messageV0(records: readonly number[][], fields: MessageFields = {}): number[] {
  const body = records.flat();
  return [fields.count ?? records.length, fields.syncid ?? 51, ...u16(fields.size ?? 4 + body.length), ...body];
}

function onesComplement(words: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < words.length; i += 2) sum += (words[i] << 8) | (words[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface PacketFields {
  readonly source?: string;
  readonly group?: string;
  readonly port?: number;
  /** IPv4 flags and fragment offset, as in the header. */
  readonly fragment?: number;
  readonly id?: number;
  readonly ttl?: number;
  readonly sourcePort?: number;
}

/** IPv4 around a payload. */
export function ipv4Packet(payload: readonly number[], protocol: number, fields: PacketFields = {}): number[] {
  const head = [0x45, 0, ...u16(20 + payload.length), ...u16(fields.id ?? 1), ...u16(fields.fragment ?? 0x4000), fields.ttl ?? 1, protocol];
  const ends = [...octets(fields.source ?? '10.0.0.11'), ...octets(fields.group ?? '224.0.0.81')];
  const sum = onesComplement([...head, 0, 0, ...ends]);
  return [...head, ...u16(sum), ...ends, ...payload];
}

export function udpDatagram(payload: readonly number[], fields: PacketFields = {}): number[] {
  return [...u16(fields.sourcePort ?? 40001), ...u16(fields.port ?? 8848), ...u16(8 + payload.length), 0, 0, ...payload];
}

const ETHERNET = [0x01, 0x00, 0x5e, 0x00, 0x00, 0x51, 0x02, 0x99, 0, 0, 0, 0x0b, 0x08, 0x00];

export function frameOf(bytes: readonly number[], atMicros = 1_000_000): Frame {
  return { bytes: Uint8Array.from(bytes), linkType: 1, atMicros, originalLength: bytes.length };
}

/** A sync message on the wire. */
export function syncFrame(message: readonly number[], atMicros = 1_000_000, fields: PacketFields = {}): Frame {
  return frameOf([...ETHERNET, ...ipv4Packet(udpDatagram(message, fields), 17, fields)], atMicros);
}

export function ethernetFrame(ip: readonly number[], atMicros = 1_000_000): Frame {
  return frameOf([...ETHERNET, ...ip], atMicros);
}
