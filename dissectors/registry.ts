/** Every protocol that lvscope reads. A new one is its own file and a line in each of the two lists here. */
import { type Ah, ah } from './ah.ts';
import { type Arp, arp } from './arp.ts';
import type { Carp } from './carp.ts';
import { type Cooked, sll, sll2 } from './cooked.ts';
import type { Dissector } from './dissector.ts';
import { type Ethernet, ethernet } from './ethernet.ts';
import { type Icmpv6, icmpv6 } from './icmpv6.ts';
import { type Igmp, igmp } from './igmp.ts';
import { type Ipv4, ipv4 } from './ipv4.ts';
import { type Ipv6, ipv6 } from './ipv6.ts';
import { type Ipvs, ipvs } from './ipvs.ts';
import { type Mld, mld } from './mld.ts';
import { type Ndp, ndp } from './ndp.ts';
import { type Raw, raw } from './raw.ts';
import { type Udp, udp } from './udp.ts';
import { type Vlan, vlan } from './vlan.ts';
import { type Vrrp, vrrp } from './vrrp.ts';

export type Layer = Ethernet | Vlan | Cooked | Raw | Ipv4 | Ipv6 | Udp | Ipvs | Ah | Vrrp | Carp | Igmp | Icmpv6 | Mld | Ndp | Arp;

export const dissectors: readonly Dissector<Layer>[] = [
  ethernet,
  vlan,
  sll,
  sll2,
  raw,
  ipv4,
  ipv6,
  udp,
  ipvs,
  ah,
  vrrp,
  igmp,
  icmpv6,
  mld,
  ndp,
  arp,
];
