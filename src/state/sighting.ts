/** One frame as the state and the rules see it: where, when, and its layers by what they tell. */
import type { MacAddress } from '../../dissectors/address.ts';
import type { Ah } from '../../dissectors/ah.ts';
import type { Arp } from '../../dissectors/arp.ts';
import type { Carp } from '../../dissectors/carp.ts';
import type { Dissection } from '../../dissectors/dissect.ts';
import type { Fault, Note } from '../../dissectors/dissector.ts';
import type { Igmp } from '../../dissectors/igmp.ts';
import type { Ipv4 } from '../../dissectors/ipv4.ts';
import type { Ipv6 } from '../../dissectors/ipv6.ts';
import type { Ipvs } from '../../dissectors/ipvs.ts';
import type { Mld } from '../../dissectors/mld.ts';
import type { Ndp } from '../../dissectors/ndp.ts';
import type { Udp } from '../../dissectors/udp.ts';
import type { Vrrp } from '../../dissectors/vrrp.ts';
import type { Segment, Segments } from './segments.ts';

interface Layers {
  /** Whether there was a link layer at all; without one nobody's MAC address can be known. */
  link: boolean;
  mac: MacAddress | null;
  /** Null for cooked captures, which do not keep it. */
  linkDestination: MacAddress | null;
  /** The innermost tag. */
  readonly vlan: number | null;
  network: Ipv4 | Ipv6 | null;
  udp: Udp | null;
  ipvs: Ipvs | null;
  ah: Ah | null;
  vrrp: Vrrp | null;
  carp: Carp | null;
  arp: Arp | null;
  ndp: Ndp | null;
  igmp: Igmp | null;
  mld: Mld | null;
}

export interface Sighting extends Layers {
  readonly atMicros: number;
  /** Number of the frame in its capture, from 1. */
  readonly frame: number;
  readonly segment: Segment;
  readonly fault: Fault | null;
  readonly notes: readonly Note[];
}

/** Where and when, as the capture says. */
export interface Captured {
  readonly atMicros: number;
  readonly interface: string | null;
  readonly number: number;
}

function vlanOf({ layers }: Dissection): number | null {
  let vlan: number | null = null;
  for (const layer of layers) if (layer.protocol === 'vlan') vlan = layer.id;
  return vlan;
}

/** One object of one shape, made at once: this is done for every frame. */
export function sightingOf(dissection: Dissection, captured: Captured, segments: Segments): Sighting {
  const vlan = vlanOf(dissection);
  const found: Sighting = {
    atMicros: captured.atMicros,
    frame: captured.number,
    segment: segments.find(captured.interface, vlan),
    fault: dissection.fault,
    notes: dissection.notes,
    link: false,
    mac: null,
    linkDestination: null,
    vlan,
    network: null,
    udp: null,
    ipvs: null,
    ah: null,
    vrrp: null,
    carp: null,
    arp: null,
    ndp: null,
    igmp: null,
    mld: null,
  };
  for (const layer of dissection.layers) {
    switch (layer.protocol) {
      case 'ethernet':
        found.link = true;
        found.mac = layer.source;
        found.linkDestination = layer.destination;
        break;
      case 'sll':
      case 'sll2':
        found.link = true;
        found.mac = layer.source;
        break;
      case 'ipv4':
      case 'ipv6':
        found.network = layer;
        break;
      case 'udp':
        found.udp = layer;
        break;
      case 'ipvs':
        found.ipvs = layer;
        break;
      case 'ah':
        found.ah = layer;
        break;
      case 'vrrp':
        found.vrrp = layer;
        break;
      case 'carp':
        found.carp = layer;
        break;
      case 'arp':
        found.arp = layer;
        break;
      case 'ndp':
        found.ndp = layer;
        break;
      case 'igmp':
        found.igmp = layer;
        break;
      case 'mld':
        found.mld = layer;
        break;
    }
  }
  return found;
}
