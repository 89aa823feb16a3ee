/** Which sessions a failover is about, told by what they count for. */
import { type Address, addressKey } from '../../dissectors/address.ts';
import type { Binding } from './bindings.ts';
import type { VirtualRouter } from './router.ts';
import type { World } from './rule.ts';

type Choice = (binding: Binding) => boolean;
type Seen = Pick<World, 'routers' | 'sessions'>;

/** In the template of a firewall-mark service (protocol 0) the mark stands in place of the virtual address. */
const IPPROTO_IP = 0;

const rowsOf = ({ active, inactive, persistent }: Binding): number => active + inactive + persistent;

/** Sessions in the table that a choice takes. */
export function rowsIn({ sessions }: Pick<World, 'sessions'>, isOurs: Choice): number {
  return sessions.bindings.all.reduce((sum, binding) => sum + (isOurs(binding) ? rowsOf(binding) : 0), 0);
}

const keysOf = (addresses: readonly Address[]): ReadonlySet<number | string> => new Set(addresses.map(addressKey));

/**
 * Sessions to the router's addresses, learnt on its segment. Where there is none: those learnt on another one, since sync may have
 * a link of its own; else those of its segment to addresses that no router's adverts name (`virtual_ipaddress_excluded`).
 * @param addresses of the router, before and after
 */
export function choiceOf({ segment }: VirtualRouter, addresses: readonly Address[], { routers, sessions }: Seen): Choice {
  const own = keysOf(addresses);
  const named = keysOf(routers.all.flatMap(({ senders }) => senders.flatMap((sender) => sender.addresses)));
  const isOwn: Choice = ({ proto, virtual }) => proto !== IPPROTO_IP && own.has(addressKey(virtual));
  const choices: Choice[] = [
    (binding) => binding.segment === segment && isOwn(binding),
    isOwn,
    (binding) => binding.segment === segment && !named.has(addressKey(binding.virtual)),
  ];
  return choices.find((isOurs) => rowsIn({ sessions }, isOurs) > 0) ?? choices[0];
}
