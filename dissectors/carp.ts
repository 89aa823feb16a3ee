/**
 * CARP, OpenBSD's and FreeBSD's redundancy protocol. It took VRRP's protocol number, so it is told apart by its shape:
 * version 2, type 1, 36 octets, and 7 (its authentication's length in words) where VRRP has the number of addresses.
 */
import type { Packet } from './dissector.ts';
import type { Reader } from './reader.ts';

export interface Carp {
  readonly protocol: 'carp';
  /** Virtual host id, 1..255: the same virtual MAC as the VRID of this number. */
  readonly vhid: number;
  /** Advert interval: `advbase` seconds and `advskew` / 256 of one. */
  readonly advbase: number;
  readonly advskew: number;
  readonly demotion: number;
}

const CARP_OCTETS = 36;
const VERSION_TYPE = 0x21;
const AUTHENTICATION_WORDS = 7;
const CHECKSUM_AT = 6;
/** HMAC-SHA1 with the password as its key, behind a counter of 8 octets. */
const DIGEST_AT = 16;
const DIGEST_OCTETS = 20;

export function isCarp(r: Reader): boolean {
  return r.left === CARP_OCTETS && r.view.getUint8(r.pos) === VERSION_TYPE && r.view.getUint8(r.pos + 3) === AUTHENTICATION_WORDS;
}

export function readCarp(r: Reader, packet: Packet): Carp {
  const from = r.pos;
  packet.hide({ at: from + DIGEST_AT, octets: DIGEST_OCTETS, number: null, checksumAt: from + CHECKSUM_AT });
  r.skip(1);
  const vhid = r.u8();
  const advskew = r.u8();
  r.skip(1);
  const demotion = r.u8();
  const advbase = r.u8();
  r.skip(r.left);
  return { protocol: 'carp', vhid, advbase, advskew, demotion };
}
