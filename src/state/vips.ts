/** Which addresses of a segment are virtual, who may hold them, and which link-layer addresses belong to the virtual routers' members. */
import { type Address, addressText, type Family, type MacAddress, sameAddress } from '../../dissectors/address.ts';
import { leftFight, type RouterSender, type VirtualRouter } from './router.ts';
import type { RouterChange } from './routers.ts';
import type { World } from './rule.ts';
import type { Sighting } from './sighting.ts';

/** `holder`: master, or was so a moment ago, or the virtual MAC address itself. `router`: another one that sends adverts here. */
export type Standing = 'holder' | 'router' | 'stranger';

/** RFC 9568 section 7.3; the last octet is the VRID. */
const VIRTUAL_MACS: Readonly<Record<Family, MacAddress>> = { ipv4: 0x00005e000100, ipv6: 0x00005e000200 };
/** A master that gave way may have an answer under way, and a new one may announce before its first advert. */
const OVERLAP_MICROS = 1_000_000;
/** Longer than a claim waits for its judgement with the usual intervals. */
const FORMER_MICROS = 60_000_000;
const MOST_FORMER = 16;
const MOST = 16_384;

const virtualMac = ({ family, vrid }: VirtualRouter): MacAddress => VIRTUAL_MACS[family] + vrid;
const addressKey = (segment: number, address: Address): string => `${segment} ${addressText(address)}`;

function sameAddresses(a: readonly Address[], b: readonly Address[]): boolean {
  return a.length === b.length && a.every((one, i) => sameAddress(one, b[i]));
}

/** Those who count as master at a moment: two of them in a split brain; after a loss the last one, until another takes over. */
function mastersOf({ state, senders, master, lastMaster }: VirtualRouter, nowMicros: number): RouterSender[] {
  if (state === 'two_masters') return senders.filter((sender) => !leftFight(sender, senders, nowMicros));
  const one = master ?? lastMaster;
  return one ? [one] : [];
}

export class Vips {
  readonly #world: Pick<World, 'neighbors' | 'expected' | 'routers'>;
  readonly #byAddress = new Map<string, Set<VirtualRouter>>();
  /** The addresses under which a sender is entered. */
  readonly #entered = new WeakMap<RouterSender, readonly Address[]>();
  /** Whose advert came last from a link-layer address; null: virtual ones, of which none came. */
  readonly #senders = new Map<string, RouterSender | null>();
  readonly #routerAddresses = new Set<string>();
  /** When those that were master ceased to be. */
  readonly #former = new WeakMap<VirtualRouter, { readonly mac: MacAddress; readonly untilMicros: number }[]>();

  constructor(world: Pick<World, 'neighbors' | 'expected' | 'routers'>) {
    this.#world = world;
  }

  advert(sighting: Sighting): void {
    const accepted = this.#world.routers.accepted(sighting);
    if (!accepted) return;
    const { router, sender } = accepted;
    const { segment } = router;
    const virtual = `${segment} ${virtualMac(router)}`;
    if (!this.#senders.has(virtual) && this.#senders.size < MOST) this.#senders.set(virtual, null);
    if (sender.mac !== null && this.#senders.size < MOST) this.#senders.set(`${segment} ${sender.mac}`, sender);
    const before = this.#entered.get(sender) ?? [];
    if (before.length > 0 && sameAddresses(before, sender.addresses)) return;
    if (this.#routerAddresses.size < MOST) this.#routerAddresses.add(addressKey(segment, sender.address));
    this.#entered.set(sender, sender.addresses);
    for (const address of before) this.#withdraw(router, address);
    for (const address of sender.addresses) this.#enter(router, address);
  }

  change({ router, from, kind, atMicros }: RouterChange): void {
    const gone = kind === 'two_masters_resolved' ? router.senders : from ? [from] : [];
    const former = gone.flatMap(({ mac }) => (mac === null ? [] : [{ mac, untilMicros: atMicros }]));
    const lately = (this.#former.get(router) ?? []).filter(({ untilMicros }) => atMicros - untilMicros <= FORMER_MICROS);
    this.#former.set(router, [...lately, ...former].slice(-MOST_FORMER));
  }

  /** The virtual routers that name an address; none: it is an ordinary one, as far as the adverts tell. */
  routersOf(segment: number, address: Address): VirtualRouter[] {
    return [...(this.#byAddress.get(addressKey(segment, address)) ?? [])];
  }

  /** It is the master's now, or virtual, or trusted. */
  isMaster(segment: number, address: Address, mac: MacAddress, nowMicros: number): boolean {
    if (this.isTrusted(address, mac)) return true;
    const holds = (router: VirtualRouter): boolean =>
      mac === virtualMac(router) || mastersOf(router, nowMicros).some((master) => master.mac === mac);
    return this.routersOf(segment, address).some(holds);
  }

  /** Of who claimed a virtual address at a moment, as seen from a later one. */
  standing(segment: number, address: Address, mac: MacAddress, atMicros: number, nowMicros: number): Standing {
    if (this.isMaster(segment, address, mac, nowMicros)) return 'holder';
    const former = this.routersOf(segment, address).flatMap((router) => this.#former.get(router) ?? []);
    if (former.some((one) => one.mac === mac && atMicros <= one.untilMicros + OVERLAP_MICROS)) return 'holder';
    return this.isRouter(segment, mac) ? 'router' : 'stranger';
  }

  /** A link-layer address of one that sends adverts on the segment: from which it sends them, virtual, or of its own address. */
  isRouter(segment: number, mac: MacAddress): boolean {
    if (this.#senders.has(`${segment} ${mac}`)) return true;
    const owned = this.#world.neighbors.addressesOf(segment, mac);
    return owned.some((address) => this.#routerAddresses.has(addressKey(segment, address)));
  }

  /** Whose advert came from there last. */
  senderAt(segment: number, mac: MacAddress): RouterSender | null {
    return this.#senders.get(`${segment} ${mac}`) ?? null;
  }

  /** The operator says that it may answer for the address. */
  isTrusted(address: Address, mac: MacAddress): boolean {
    return this.#world.expected?.trusted.some((pair) => pair.mac === mac && sameAddress(pair.address, address)) ?? false;
  }

  #enter(router: VirtualRouter, address: Address): void {
    const key = addressKey(router.segment, address);
    const known = this.#byAddress.get(key);
    if (known) known.add(router);
    else if (this.#byAddress.size < MOST) this.#byAddress.set(key, new Set([router]));
  }

  /** Unless another of its senders names it still. */
  #withdraw(router: VirtualRouter, address: Address): void {
    if (router.senders.some((sender) => sender.addresses.some((one) => sameAddress(one, address)))) return;
    const key = addressKey(router.segment, address);
    const known = this.#byAddress.get(key);
    known?.delete(router);
    if (known?.size === 0) this.#byAddress.delete(key);
  }
}
