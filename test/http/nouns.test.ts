/** Neighbors, groups, anomalies, failovers over REST: their shapes on every recording, what they can be filtered by, what is refused. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Anomaly, AnomalySchema } from '../../src/contract/anomaly.ts';
import { type Failover, FailoverSchema } from '../../src/contract/failover.ts';
import { type Group, GroupSchema } from '../../src/contract/group.ts';
import { type Neighbor, NeighborSchema } from '../../src/contract/neighbor.ts';
import { type Problem, ProblemSchema } from '../../src/contract/problem.ts';
import { listOf } from '../../src/contract/query.ts';
import { ServiceHistorySchema } from '../../src/contract/service-history.ts';
import { VrrpHistorySchema } from '../../src/contract/vrrp-history.ts';
import type { App } from '../../src/http/context.ts';
import { FIXTURES } from '../environment.ts';
import { recorded } from './recorded.ts';
import { serving } from './serving.ts';

interface List<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

async function list<Item>(app: App, url: string): Promise<List<Item>> {
  const answer = await app.inject({ url: `/api/v1/${url}` });
  expect([url, answer.statusCode, answer.headers['content-type']]).toEqual([url, 200, 'application/json; charset=utf-8']);
  return answer.json<List<Item>>();
}

const NOUNS: readonly (readonly [noun: string, schema: TSchema])[] = [
  ['neighbors', NeighborSchema],
  ['groups', GroupSchema],
  ['anomalies', AnomalySchema],
  ['failovers', FailoverSchema],
  ['vrrp-history', VrrpHistorySchema],
  ['service-history', ServiceHistorySchema],
];
const RECORDINGS = readdirSync(join(FIXTURES, 'captures')).filter((file) => file.endsWith('.pcap'));

describe.each(RECORDINGS)('%s', (file) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = serving(await recorded(file.replace('.pcap', ''))));
  });
  afterAll(() => app.close());

  test.each(NOUNS)('%s have the shape that is written down, ids that are theirs alone, and are found by them', async (noun, schema) => {
    const body = await list<{ readonly id: string }>(app, `${noun}?limit=1000`);
    expect([...Value.Errors(listOf(schema, noun), body)]).toEqual([]);
    expect(new Set(body.items.map(({ id }) => id)).size).toBe(body.items.length);
    for (const item of body.items.slice(0, 5)) {
      const one = await app.inject({ url: `/api/v1/${noun}/${encodeURIComponent(item.id)}` });
      expect(one.json()).toEqual(item);
    }
  });

  test('pages of anomalies, one after the other, are all of them once', async () => {
    const whole = (await list<Anomaly>(app, 'anomalies?limit=1000')).items;
    const paged: Anomaly[] = [];
    let cursor = '';
    do {
      const page: List<Anomaly> = await list<Anomaly>(app, `anomalies?limit=3${cursor}`);
      paged.push(...page.items);
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(whole);
  });
});

describe('filters', () => {
  let app: App;
  beforeAll(async () => {
    ({ app } = serving(await recorded('split-brain')));
  });
  afterAll(() => app.close());

  /** What the filter lets through is what the whole list has of it, and it does let something through. */
  async function holds<Item>(noun: string, filter: string, is: (item: Item) => boolean, from = app): Promise<void> {
    const whole = (await list<Item>(from, `${noun}?limit=1000`)).items;
    const { items } = await list<Item>(from, `${noun}?limit=1000&${filter}`);
    expect([filter, items.length]).toEqual([filter, whole.filter(is).length]);
    expect(items).toEqual(whole.filter(is));
    expect([filter, items.length > 0 && items.length < whole.length]).toEqual([filter, true]);
  }

  test('of anomalies', async () => {
    await holds<Anomaly>('anomalies', 'kind=vrrp.two_masters', ({ kind }) => kind === 'vrrp.two_masters');
    await holds<Anomaly>('anomalies', 'check=raised,unknown', ({ check }) => check !== 'clear');
    await holds<Anomaly>('anomalies', 'severity=critical', ({ severity }) => severity === 'critical');
    await holds<Anomaly>('anomalies', 'vrid=none', ({ subject }) => subject.vrid === undefined);
  });

  test('of groups, by any of their members', async () => {
    const { items } = await list<Group>(app, 'groups');
    const member = items.find(({ members }) => members.length > 0)?.members[0].address ?? '';
    await holds<Group>('groups', 'group=224.0.0.18', ({ group }) => group === '224.0.0.18');
    const { items: theirs } = await list<Group>(app, `groups?member=${member}`);
    expect(theirs).toEqual(items.filter(({ members }) => members.some(({ address }) => address === member)));
  });

  test('of neighbors, by any MAC address that they had', async () => {
    const { items } = await list<Neighbor>(app, 'neighbors?limit=1000');
    const moved = items.find(({ macs }) => macs.length > 1);
    // The virtual address of split-brain went from one router to the other (shared/lab: 10.99.0.100).
    expect(moved).toMatchObject({ address: '10.99.0.100', vip: true });
    const [first] = moved?.macs ?? [];
    await holds<Neighbor>('neighbors', `mac=${first.mac}`, ({ macs }) => macs.some(({ mac }) => mac === first.mac));
    await holds<Neighbor>('neighbors', 'vip=true', ({ vip }) => vip);
    await holds<Neighbor>('neighbors', 'address=10.99.0.100', ({ address }) => address === '10.99.0.100');
  });

  test('of failovers, and the latest first', async () => {
    const { app: other } = serving(await recorded('dr-v1-failover'));
    const { items } = await list<Failover>(other, 'failovers');
    expect(items.map(({ at }) => at)).toEqual(items.map(({ at }) => at).sort());
    expect((await list<Failover>(other, 'failovers?sort=-at')).items).toEqual([...items].reverse());
    // lb1 (10.99.0.11) loses its virtual router to lb2 and takes it back, as the lab's keepalived logs say.
    await holds<Failover>('failovers', 'to=10.99.0.12', ({ to }) => to === '10.99.0.12', other);
    await holds<Failover>('failovers', 'reason=preempted', ({ reason }) => reason === 'preempted', other);
    expect((await list<Failover>(other, 'failovers?vrid=1')).items).toEqual([]);
    await other.close();
  });

  test.each([
    ['failovers?reason=boredom', 'reason', /resigned, preempted, no_response/],
    ['failovers?sort=timeline', 'sort', /id, at, vrid/],
    ['anomalies?check=maybe', 'check', /raised, clear, unknown/],
    ['anomalies?severity=bad', 'severity', /info, warning, critical/],
    ['anomalies?kind=vrrp.nonsense', 'kind', /vrrp\.two_masters/],
    ['anomalies?colour=red', 'colour', /kind, check, .*severity/],
    ['anomalies?sort=subject', 'sort', /subject.vrid/],
    ['events?kind=vrrp.nonsense', 'kind', /vrrp\.master_change/],
    ['groups?family=inet', 'family', /ipv4, ipv6/],
    ['groups?limit=0', 'limit', /1 to 1000/],
    ['neighbors?vip=yes', 'vip', /true, false/],
    ['neighbors?cursor=abc', 'cursor', /nextCursor/],
  ])('%s is refused', async (url, parameter, expected) => {
    const answer = await app.inject({ url: `/api/v1/${url}` });
    const body = answer.json<Problem>();
    expect([...Value.Errors(ProblemSchema, body)]).toEqual([]);
    expect([body.status, body.code, body.parameter]).toEqual([400, 'bad_parameter', parameter]);
    expect(body.expected).toMatch(expected);
  });

  test.each(['anomalies/none', 'failovers/none', 'groups/none', 'neighbors/none', 'neighbors/%2e%2e'])('%s: not found', async (url) => {
    const answer = await app.inject({ url: `/api/v1/${url}` });
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([404, 'not_found']);
  });
});
