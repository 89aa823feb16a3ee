/** Group records of IGMPv3 reports (RFC 3376 section 4.2.4) and MLDv2 reports (RFC 3810 section 5.2): the same but for the address. */
import type { Address } from './address.ts';
import type { Packet } from './dissector.ts';
import type { Reader } from './reader.ts';

/** `to_ex` or `is_ex` without sources: joined; `to_in` without sources: left. */
export type GroupRecordKind = 'is_in' | 'is_ex' | 'to_in' | 'to_ex' | 'allow' | 'block';

export interface GroupRecord {
  readonly kind: GroupRecordKind;
  readonly group: Address;
  readonly sources: readonly Address[];
}

const KINDS: Readonly<Record<number, GroupRecordKind>> = { 1: 'is_in', 2: 'is_ex', 3: 'to_in', 4: 'to_ex', 5: 'allow', 6: 'block' };

export function readSources<A extends Address>(count: number, address: () => A): A[] {
  const sources: A[] = [];
  for (let i = 0; i < count; i++) sources.push(address());
  return sources;
}

/** @param count records announced; each takes at least 8 octets, so a false count ends at the end of the message */
export function readGroupRecords(r: Reader, packet: Packet, count: number, address: () => Address): GroupRecord[] {
  const records: GroupRecord[] = [];
  for (let i = 0; i < count; i++) {
    const number = r.u8();
    const auxiliaryWords = r.u8();
    const sourceCount = r.u16();
    const group = address();
    const sources = readSources(sourceCount, address);
    r.skip(auxiliaryWords * 4);
    const kind = KINDS[number];
    if (kind) records.push({ kind, group, sources });
    // RFC 3376 section 4.2.12: such a record is to be ignored.
    else packet.note('bad_record', `record of unknown type ${number}`);
  }
  return records;
}

/** Codes from `linear` on are a float: 1, exponent, mantissa (RFC 3376 section 4.1.1, RFC 3810 section 5.1.3). */
export function floatCode(code: number, mantissaBits: number): number {
  const linear = 1 << (mantissaBits + 3);
  if (code < linear) return code;
  const exponent = (code >>> mantissaBits) & 7;
  const mantissa = code & ((1 << mantissaBits) - 1);
  return (mantissa | (1 << mantissaBits)) << (exponent + 3);
}
