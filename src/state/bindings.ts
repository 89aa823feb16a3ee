/**
 * What sessions count for: one binding per virtual address, real server and forwarding method, with the counters that
 * `ipvsadm -Ln` shows, kept as sessions come, change and go (kernel `ip_vs_bind_dest`, `ip_vs_unbind_dest`).
 */
import { type Address, keptAddress, sameAddress } from '../../dissectors/address.ts';

/** What decides the binding of a session; addresses are copied when kept. */
export interface BindingKey {
  readonly segment: number;
  readonly proto: number;
  readonly virtual: Address;
  readonly virtualPort: number;
  readonly fwmark: number;
  readonly destination: Address;
  readonly destinationPort: number;
  /** Kernel forwarding method, 0..7. */
  readonly forward: number;
  readonly template: boolean;
}

export interface Binding extends BindingKey {
  active: number;
  inactive: number;
  /** Live templates. */
  persistent: number;
  /** Sessions ever bound. */
  created: number;
  /** New sessions a second, smoothed over a minute, as of `rateAtSeconds`. */
  rate: number;
  rateAtSeconds: number;
  /** Timeout of the template seen last, which is the service's persistence; 0 when none was seen. */
  persistentSeconds: number;
  /** Name of the persistence engine of the template seen last. */
  engine: string | null;
}

const MOST_BINDINGS = 16_384;
/** Places from here on are only for senders whose word counts. */
const MOST_OF_STRANGERS = 4096;
/** A place is used again when it has had no session for so long. */
const EMPTY_SECONDS = 60;
const CACHE = 4096;
const RATE_SECONDS = 60;
/** Sessions that found no room are counted together here. */
export const OVERFLOW_BINDING = 0;

function mix(a: number, b: number): number {
  const h = Math.imul(a ^ (b >>> 15), 0x2c1b3c6d) ^ b;
  return Math.imul(h ^ (h >>> 12), 0x297a2d39);
}

function fold(address: Address): number {
  if (typeof address === 'number') return address;
  let h = 0;
  for (let i = 0; i < 16; i += 4) h = mix(h, (address[i] << 24) | (address[i + 1] << 16) | (address[i + 2] << 8) | address[i + 3]);
  return h;
}

function hash(key: BindingKey): number {
  const addresses = mix(fold(key.virtual), fold(key.destination));
  const rest = (key.destinationPort << 16) ^ key.virtualPort ^ (key.proto << 8) ^ (key.forward << 24) ^ (key.template ? 1 << 30 : 0);
  return mix(mix(addresses, rest), key.fwmark ^ (key.segment << 20));
}

function same(a: BindingKey, b: BindingKey): boolean {
  return (
    a.virtualPort === b.virtualPort &&
    a.destinationPort === b.destinationPort &&
    a.proto === b.proto &&
    a.forward === b.forward &&
    a.template === b.template &&
    a.fwmark === b.fwmark &&
    a.segment === b.segment &&
    sameAddress(a.destination, b.destination) &&
    sameAddress(a.virtual, b.virtual)
  );
}

export class Bindings {
  readonly all: Binding[] = [];
  /** Sessions counted in the overflow binding because all places were taken. */
  overflowed = 0;
  /** Bindings ever made: as long as it is the same, so are they. */
  made = 0;
  /** Sessions ever bound to bindings whose places have been used again. */
  formerCreated = 0;
  /** Places that were used again: an index kept from before may name another binding now. */
  reused = 0;
  /** By packet time: when it was last looked for places that can be used again, and those found. */
  private sweptSeconds = 0;
  private empty: number[] = [];
  private readonly byHash = new Map<number, number[]>();
  private readonly cache = new Int32Array(CACHE).fill(-1);

  constructor() {
    const none: BindingKey = {
      segment: 0,
      proto: 0,
      virtual: 0,
      virtualPort: 0,
      fwmark: 0,
      destination: 0,
      destinationPort: 0,
      forward: 0,
      template: false,
    };
    this.all.push(newBinding(none));
  }

  /** Index of the key's binding, made when new; the overflow binding when there is no room. @param isKnown whether its sender's word counts */
  find(key: BindingKey, seconds: number, isKnown: boolean): number {
    const h = hash(key);
    const cached = this.cache[h & (CACHE - 1)];
    if (cached >= 0 && same(this.all[cached], key)) return cached;
    const index = this.byHash.get(h)?.find((i) => same(this.all[i], key)) ?? this.make(key, h, seconds, isKnown);
    this.cache[h & (CACHE - 1)] = index;
    return index;
  }

  /** New sessions a second over about the last minute, as of a second. */
  static rateAt(binding: Binding, seconds: number): number {
    return binding.rate * Math.exp(-Math.max(0, seconds - binding.rateAtSeconds) / RATE_SECONDS);
  }

  created(index: number, seconds: number): void {
    const binding = this.all[index];
    if (binding.rateAtSeconds !== seconds) {
      binding.rate = Bindings.rateAt(binding, seconds);
      binding.rateAtSeconds = seconds;
    }
    binding.rate += 1 / RATE_SECONDS;
    binding.created++;
  }

  private make(key: BindingKey, h: number, seconds: number, isKnown: boolean): number {
    const place = this.all.length < (isKnown ? MOST_BINDINGS : MOST_OF_STRANGERS) ? this.all.length : this.takeEmpty(seconds);
    if (place === OVERFLOW_BINDING) {
      this.overflowed++;
      return OVERFLOW_BINDING;
    }
    this.all[place] = newBinding(key);
    this.made++;
    const siblings = this.byHash.get(h);
    if (siblings) siblings.push(place);
    else this.byHash.set(h, [place]);
    return place;
  }

  /** A place that nothing counts for any more; `OVERFLOW_BINDING`: there is none. Looked for once a second. */
  private takeEmpty(seconds: number): number {
    if (seconds !== this.sweptSeconds) {
      this.sweptSeconds = seconds;
      this.empty = [...this.all.keys()].filter((index) => index !== OVERFLOW_BINDING && isEmpty(this.all[index], seconds));
    }
    const place = this.empty.pop();
    if (place === undefined || !isEmpty(this.all[place], seconds)) return OVERFLOW_BINDING;
    this.reused++;
    if (!this.all[place].template) this.formerCreated += this.all[place].created;
    const h = hash(this.all[place]);
    const others = (this.byHash.get(h) ?? []).filter((index) => index !== place);
    if (others.length > 0) this.byHash.set(h, others);
    else this.byHash.delete(h);
    return place;
  }
}

function isEmpty({ active, inactive, persistent, rateAtSeconds }: Binding, seconds: number): boolean {
  return active + inactive + persistent === 0 && seconds - rateAtSeconds > EMPTY_SECONDS;
}

/** Field by field: objects made by spreading each have a hidden class of their own, and every look at one of thousands takes a microsecond. */
function newBinding(key: BindingKey): Binding {
  const { segment, proto, virtual, virtualPort, fwmark, destination, destinationPort, forward, template } = key;
  return {
    segment,
    proto,
    virtual: keptAddress(virtual),
    virtualPort,
    fwmark,
    destination: keptAddress(destination),
    destinationPort,
    forward,
    template,
    active: 0,
    inactive: 0,
    persistent: 0,
    created: 0,
    rate: 0,
    rateAtSeconds: 0,
    persistentSeconds: 0,
    engine: null,
  };
}
