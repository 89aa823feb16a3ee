/** Every protocol that lvscope reads. A new one is its own file and a line in each of the two lists here. */
import { type Cooked, sll, sll2 } from './cooked.ts';
import type { Dissector } from './dissector.ts';
import { type Ethernet, ethernet } from './ethernet.ts';
import { type Ipv4, ipv4 } from './ipv4.ts';
import { type Ipv6, ipv6 } from './ipv6.ts';
import { type Ipvs, ipvs } from './ipvs.ts';
import { type Raw, raw } from './raw.ts';
import { type Udp, udp } from './udp.ts';
import { type Vlan, vlan } from './vlan.ts';

export type Layer = Ethernet | Vlan | Cooked | Raw | Ipv4 | Ipv6 | Udp | Ipvs;

export const dissectors: readonly Dissector<Layer>[] = [ethernet, vlan, sll, sll2, raw, ipv4, ipv6, udp, ipvs];
