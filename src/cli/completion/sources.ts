/** Values for completion, from this machine and from a monitor that answers at once; without one there are none. */
import { listInterfaces } from '../../capture/interfaces.ts';
import { DEFAULT_URL } from '../../config.ts';
import { monitorAccess } from '../access.ts';
import { apiUrl, fetchJson, type List } from '../monitor-client.ts';
import type { Candidate, Given, Sources } from './complete.ts';

const PATIENCE_MS = 700;
const MOST = '200';
/** Nothing else goes into a command line by itself: some of it was said by others on the wire. */
const HARMLESS = /^[\w.:@%/+[\]-]{1,100}$/;
/** Virtual and real servers of a million sessions stand among the services. */
const OF_SERVICES: Readonly<Record<string, string>> = { vip: 'virtual', dest: 'destinations' };

type Item = Readonly<Record<string, unknown>>;

async function itemsOf(noun: string, given: Given): Promise<readonly Item[]> {
  try {
    const option = (name: 'tokenFile' | 'user' | 'ca', long: string) => (given.has(long) ? { [name]: given.get(long) } : {});
    const access = monitorAccess({
      url: given.get('--url') ?? process.env.LVSCOPE_URL ?? DEFAULT_URL,
      ...option('tokenFile', '--token-file'),
      ...option('user', '--user'),
      ...option('ca', '--ca'),
    });
    const url = apiUrl(access, noun);
    url.searchParams.set('limit', MOST);
    if (noun === 'events') url.searchParams.set('sort', '-at');
    return ((await fetchJson(access, url, { signal: AbortSignal.timeout(PATIENCE_MS) })) as List<Item>).items;
  } catch {
    // Somebody who types is not to be told what is wrong with the monitor.
    return [];
  }
}

/** An object is called by its address, or by what it is the destination of. */
function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object') return [String(value)];
  if ('destination' in value) return textsOf(value.destination);
  if (!('address' in value)) return [];
  const address = String(value.address);
  if (!('port' in value)) return [address];
  return [address.includes(':') ? `[${address}]:${value.port}` : `${address}:${value.port}`];
}

function saidBy(item: Item, names: readonly string[]): string[] {
  const subject = (item.subject ?? {}) as Item;
  return names.flatMap((name) => [...textsOf(item[name]), ...textsOf(subject[name])]);
}

const titleOf = (item: Item): string => String(item.text ?? item.state ?? item.address ?? item.proto ?? '');

export const SOURCES: Sources = {
  interfaces: () => listInterfaces().map(({ name }) => name),
  async ids(noun, given): Promise<Candidate[]> {
    const items = await itemsOf(noun, given);
    return items.map((item) => ({ value: String(item.id), about: titleOf(item) })).filter(({ value }) => HARMLESS.test(value));
  },
  async values(noun, names, given) {
    const [service] = noun === 'connections' ? names.flatMap((name) => OF_SERVICES[name] ?? []) : [];
    const items = await itemsOf(service ? 'services' : noun, given);
    const all = new Set(items.flatMap((item) => saidBy(item, service ? [service] : names)));
    return [...all].filter((value) => HARMLESS.test(value)).sort();
  },
};
