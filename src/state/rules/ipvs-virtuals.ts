/** For which virtual addresses a sender syncs sessions: a look at a few of its records each second. */
import { type Address, addressText } from '../../../dissectors/address.ts';
import type { Ipvs } from '../../../dissectors/ipvs.ts';
import { TYPE_IPV6, V0, V1 } from '../../../dissectors/ipvs-record.ts';
import { IPPROTO_IP } from '../../../dissectors/ipvs-states.ts';
import type { Sighting } from '../sighting.ts';
import { Budget } from './budget.ts';

const DATAGRAMS_A_SECOND = 4;
const RECORDS_LOOKED_AT = 16;
const MOST_ADDRESSES = 32;
const IPV4_OCTETS = 4;
const IPV6_OCTETS = 16;

/** Null where a firewall mark stands for the address. */
function virtualOf({ view, version }: Ipvs, p: number): Address | null {
  if (view.getUint8(p + V1.proto) === IPPROTO_IP) return null;
  if (version === 0) return view.getUint32(p + V0.virtual);
  if (!(view.getUint8(p) & TYPE_IPV6)) return view.getUint32(p + V1.client + IPV4_OCTETS);
  return new Uint8Array(view.buffer, view.byteOffset + p + V1.client + IPV6_OCTETS, IPV6_OCTETS).slice();
}

export class SenderVirtuals {
  /** By text, by index of a daemon. */
  readonly #addresses: Map<string, Address>[] = [];
  readonly #budgets: Budget[] = [];

  sync({ ipvs, atMicros }: Sighting, daemon: number): void {
    this.#addresses[daemon] ??= new Map();
    this.#budgets[daemon] ??= new Budget(DATAGRAMS_A_SECOND);
    if (!ipvs || !this.#budgets[daemon].take(atMicros)) return;
    const known = this.#addresses[daemon];
    for (let i = 0; i < ipvs.records.length && i < RECORDS_LOOKED_AT; i++) {
      const virtual = virtualOf(ipvs, ipvs.records[i]);
      if (virtual !== null && known.size < MOST_ADDRESSES) known.set(addressText(virtual), virtual);
    }
  }

  of(daemon: number): Address[] {
    return [...(this.#addresses[daemon]?.values() ?? [])];
  }

  /** Whether two senders have no address in common; false as long as that is not sure. */
  areApart(one: number, other: number): boolean {
    const [a, b] = [this.#addresses[one], this.#addresses[other]];
    if (!a || !b || a.size === 0 || b.size === 0 || a.size >= MOST_ADDRESSES || b.size >= MOST_ADDRESSES) return false;
    return [...a.keys()].every((text) => !b.has(text));
  }
}
