/** The expected state as the configuration file says it: shape, contradictions, and the file that what is seen now would make. */
import { type Static, Type } from 'typebox';
import { addressText, type Family, familyOf } from '../../dissectors/address.ts';
import type { Expected, ExpectedRouter } from '../state/expected.ts';
import { parseAddress, parseMac } from './address-text.ts';
import type { Daemon } from './daemon.ts';
import { FamilyName } from './scalars.ts';
import { type ShapeProblem, shapeProblems } from './shape.ts';
import type { VirtualRouter } from './vrrp.ts';

const STRICT = { additionalProperties: false } as const;

const RouterSchema = Type.Object(
  {
    vrid: Type.Integer({ minimum: 1, maximum: 255 }),
    family: FamilyName,
    interface: Type.Optional(Type.String()),
    vlan: Type.Optional(Type.Integer({ minimum: 0, maximum: 4095 })),
    routers: Type.Array(Type.String(), { description: 'addresses of those that may send adverts' }),
    preferredMaster: Type.Optional(Type.String()),
    addresses: Type.Optional(Type.Array(Type.String(), { description: 'virtual addresses' })),
    syncid: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
  },
  STRICT,
);

const ExpectedSchema = Type.Object(
  {
    virtualRouters: Type.Optional(Type.Array(RouterSchema)),
    trusted: Type.Optional(Type.Array(Type.Object({ address: Type.String(), mac: Type.String() }, STRICT))),
  },
  STRICT,
);
type ExpectedFile = Static<typeof ExpectedSchema>;
type RouterEntry = Static<typeof RouterSchema>;

/** Reads addresses one by one and remembers which could not be read, or are of the wrong family. */
function addressReader(problems: ShapeProblem[]) {
  return (text: string, path: ShapeProblem['path'], family: Family | null): ExpectedRouter['routers'] => {
    const address = parseAddress(text);
    if (address === null) problems.push({ path, text: `${text} is no IP address` });
    else if (family !== null && familyOf(address) !== family) problems.push({ path, text: `${text} is not of the family ${family}` });
    else return [address];
    return [];
  };
}

function routerOf(entry: RouterEntry, path: ShapeProblem['path'], problems: ShapeProblem[]): ExpectedRouter {
  const { vrid, family, interface: name = null, vlan = null, syncid = null, preferredMaster } = entry;
  const read = addressReader(problems);
  if (preferredMaster !== undefined && !entry.routers.includes(preferredMaster))
    problems.push({ path: [...path, 'preferredMaster'], text: `${preferredMaster} is not among the routers` });
  return {
    vrid,
    family,
    interface: name,
    vlan,
    syncid,
    routers: entry.routers.flatMap((text, i) => read(text, [...path, 'routers', i], family)),
    preferredMaster: preferredMaster === undefined ? null : (read(preferredMaster, [...path, 'preferredMaster'], family)[0] ?? null),
    addresses: entry.addresses?.flatMap((text, i) => read(text, [...path, 'addresses', i], family)) ?? null,
  };
}

/** The same thing said twice, differently. */
function contradictions(routers: readonly ExpectedRouter[]): ShapeProblem[] {
  const seen = new Map<string, number>();
  const holders = new Map<string, number>();
  const once = (map: Map<string, number>, key: string, i: number, path: ShapeProblem['path'], what: string): ShapeProblem[] => {
    const before = map.get(key);
    map.set(key, before ?? i);
    return before === undefined || before === i ? [] : [{ path, text: `${what} virtual router ${before + 1} already` }];
  };
  return routers.flatMap((router, i) => {
    const where = `${router.interface ?? ''} ${router.vlan ?? ''}`;
    const at = ['virtualRouters', i];
    return [
      ...once(seen, `${router.vrid} ${router.family} ${where}`, i, [...at, 'vrid'], `VRID ${router.vrid} (${router.family}) is`),
      ...(router.addresses ?? []).flatMap((address, k) =>
        once(holders, `${addressText(address)} ${where}`, i, [...at, 'addresses', k], `${addressText(address)} belongs to`),
      ),
    ];
  });
}

/**
 * @param data the value of `expected` in the file
 * @returns the expected state, or everything that is wrong with it
 */
export function readExpected(data: unknown): { readonly value: Expected } | { readonly problems: readonly ShapeProblem[] } {
  const shape = shapeProblems(ExpectedSchema, data);
  if (shape.length > 0) return { problems: shape };
  const { virtualRouters = [], trusted = [] } = data as ExpectedFile;
  const problems: ShapeProblem[] = [];
  const routers = virtualRouters.map((entry, i) => routerOf(entry, ['virtualRouters', i], problems));
  const read = addressReader(problems);
  const pairs = trusted.flatMap((pair, i) => {
    const mac = parseMac(pair.mac);
    if (mac === null) problems.push({ path: ['trusted', i, 'mac'], text: `${pair.mac} is no MAC address` });
    return read(pair.address, ['trusted', i, 'address'], null).flatMap((address) => (mac === null ? [] : [{ address, mac }]));
  });
  problems.push(...contradictions(routers));
  return problems.length > 0 ? { problems } : { value: { routers, trusted: pairs } };
}

/** The candidate: what is seen now, as if it were right. The present master is the preferred one. */
export function candidateOf(routers: readonly VirtualRouter[], daemons: readonly Daemon[]): ExpectedFile {
  return { virtualRouters: routers.map((router) => candidateRouter(router, daemons)), trusted: [] };
}

function candidateRouter(router: VirtualRouter, daemons: readonly Daemon[]): RouterEntry {
  const { vrid, family, interface: name, vlan, master, addresses } = router;
  const members = router.routers.map(({ address }) => address).sort();
  const sync = daemons.find((daemon) => daemon.role === 'sender' && daemon.address === master?.address);
  return {
    vrid,
    family,
    ...(name === null ? {} : { interface: name }),
    ...(vlan === null ? {} : { vlan }),
    routers: members,
    ...(master === null ? {} : { preferredMaster: master.address }),
    addresses: [...addresses],
    ...(sync?.syncid == null ? {} : { syncid: sync.syncid }),
  };
}
