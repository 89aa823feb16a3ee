/** Time stamps of pcapng: 64 bits, in units and from a start that the interface tells (draft-ietf-opsawg-pcapng section 4.2). */

/** Microseconds since 1970, rounded down, of a time stamp given as its upper and lower 32 bits. */
export type MicrosOf = (high: number, low: number) => number;

const TWO_32 = 0x100000000;
const MICROSECONDS = 6;
const NANOSECONDS = 9;

/**
 * @param resolution if_tsresol: units are 10^-n seconds, or with the top bit set 2^-n
 * @param offsetSeconds if_tsoffset
 */
export function microsOf(resolution: number, offsetSeconds: bigint): MicrosOf {
  const offset = Number(offsetSeconds) * 1e6;
  if (resolution === MICROSECONDS) return (high, low) => high * TWO_32 + low + offset;
  if (resolution === NANOSECONDS) return (high, low) => thousandth(high, low) + offset;
  return anyResolution(resolution, offsetSeconds);
}

/** floor((high * 2^32 + low) / 1000) without passing 2^53 on the way. */
function thousandth(high: number, low: number): number {
  return Math.floor(high / 1000) * TWO_32 + Math.floor(((high % 1000) * TWO_32 + low) / 1000);
}

function anyResolution(resolution: number, offsetSeconds: bigint): MicrosOf {
  const exponent = BigInt(resolution & 0x7f);
  const unitsPerSecond = resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
  return (high, low) => {
    const units = (BigInt(high) << 32n) | BigInt(low);
    return Number((units * 1_000_000n) / unitsPerSecond + offsetSeconds * 1_000_000n);
  };
}
