/** What was heard of other hosts while the doctor listened, counted frame by frame. */
import { addressText, type MacAddress } from '../../../dissectors/address.ts';
import type { Dissection } from '../../../dissectors/dissect.ts';
import type { Layer } from '../../../dissectors/registry.ts';
import type { CapturedFrame } from '../../capture/captured-frame.ts';

/** Sync datagrams to a group, as one port hears them. */
export interface SyncFlow {
  /** Null: plain sockets do not tell. */
  readonly interface: string | null;
  readonly group: string;
  before: number;
  /** Since the groups were joined. */
  after: number;
}

/** By interface; '' where the source does not tell. */
export interface Tally {
  readonly frames: Map<string, number>;
  /** Octets of the longest IP packet. */
  readonly longest: Map<string, number>;
  /** By protocol, over all interfaces. */
  readonly protocols: Map<string, number>;
  readonly vlans: Set<number>;
  readonly sync: SyncFlow[];
  /** How far a frame's time was ahead of the clock, at most, in microseconds. */
  aheadMicros: number;
}

export const newTally = (): Tally => ({
  frames: new Map(),
  longest: new Map(),
  protocols: new Map(),
  vlans: new Set(),
  sync: [],
  aheadMicros: 0,
});

const ETHERNET_OCTETS = 14;
const TAG_OCTETS = 4;

type LayerOf<Protocol extends Layer['protocol']> = Extract<Layer, { readonly protocol: Protocol }>;

function layerOf<Protocol extends Layer['protocol']>({ layers }: Dissection, protocol: Protocol): LayerOf<Protocol> | undefined {
  return layers.find((layer): layer is LayerOf<Protocol> => layer.protocol === protocol);
}

const plus = <Key>(counts: Map<Key, number>, key: Key): Map<Key, number> => counts.set(key, (counts.get(key) ?? 0) + 1);

function flowOf({ sync }: Tally, name: string | null, group: string): SyncFlow {
  const known = sync.find((flow) => flow.interface === name && flow.group === group);
  if (known) return known;
  const flow = { interface: name, group, before: 0, after: 0 };
  sync.push(flow);
  return flow;
}

/**
 * @param own addresses of our own ports: our joins are not counted
 * @param nowMicros when the frame came to us
 */
export function count(
  tally: Tally,
  frame: CapturedFrame,
  dissection: Dissection,
  { own, joined, nowMicros }: { own: ReadonlySet<MacAddress>; joined: boolean; nowMicros: number },
): void {
  const ethernet = layerOf(dissection, 'ethernet');
  if (ethernet && own.has(ethernet.source)) return;
  const name = frame.interface ?? '';
  const tags = dissection.layers.filter(({ protocol }) => protocol === 'vlan').length;
  const octets = frame.originalLength - (ethernet ? ETHERNET_OCTETS + TAG_OCTETS * tags : 0);
  plus(tally.frames, name);
  tally.longest.set(name, Math.max(tally.longest.get(name) ?? 0, octets));
  tally.aheadMicros = Math.max(tally.aheadMicros, frame.atMicros - nowMicros);
  for (const layer of dissection.layers) {
    plus(tally.protocols, layer.protocol);
    if (layer.protocol === 'vlan') tally.vlans.add(layer.id);
  }
  const ip = layerOf(dissection, 'ipv4') ?? layerOf(dissection, 'ipv6');
  if (!ip || !layerOf(dissection, 'ipvs')) return;
  flowOf(tally, frame.interface, addressText(ip.destination))[joined ? 'after' : 'before']++;
}
