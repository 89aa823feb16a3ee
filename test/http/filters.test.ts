/** `/api/v1/filters`: just what the lists themselves take. */
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Filters, FiltersSchema } from '../../src/contract/filters.ts';
import type { App } from '../../src/http/context.ts';
import { crowd } from '../contract/crowd.ts';
import { serving } from './serving.ts';

let app: App;
beforeAll(() => {
  ({ app } = serving(crowd(20, 1)));
});
afterAll(() => app.close());

const filters = async (): Promise<Filters> => (await app.inject({ url: '/api/v1/filters' })).json<Filters>();

test('has the shape that is described', async () => {
  expect([...Value.Errors(FiltersSchema, await filters())]).toEqual([]);
});

test('names every list of the API, the parameters it takes and the orders it has', async () => {
  const { paths } = (await app.inject({ url: '/api/v1/openapi.json' })).json();
  const lists = Object.keys(paths).flatMap((path) =>
    paths[path].get?.operationId?.startsWith('list') ? [path.replace('/api/v1/', '')] : [],
  );
  const told = await filters();
  expect(lists.length).toBeGreaterThan(9);
  expect(Object.keys(told).sort()).toEqual(lists.sort());
  for (const noun of lists) {
    const parameters: { name: string; schema: { enum?: string[] } }[] = paths[`/api/v1/${noun}`].get.parameters;
    const sort = parameters.find(({ name }) => name === 'sort')?.schema.enum;
    expect([noun, told[noun].orders.flatMap((order) => [order, `-${order}`])]).toEqual([noun, sort]);
    const names = parameters.map(({ name }) => name);
    expect([noun, told[noun].fields.filter(({ name }) => !names.includes(name))]).toEqual([noun, []]);
    for (const order of told[noun].orders) {
      const answer = await app.inject({ url: `/api/v1/${noun}?sort=${order}&offset=0` });
      expect([noun, order, answer.statusCode]).toEqual([noun, order, 200]);
    }
    for (const { name, values } of told[noun].fields.filter((field) => field.values !== null)) {
      const answer = await app.inject({ url: `/api/v1/${noun}?${new URLSearchParams({ [name]: values?.[0] ?? '' })}` });
      expect([noun, name, answer.statusCode]).toEqual([noun, name, 200]);
    }
  }
});

test('connections can be sorted by what their table shows', async () => {
  const { connections } = await filters();
  expect(connections.orders).toEqual(['proto', 'expires', 'age', 'client', 'virtual', 'destination', 'state', 'syncCount', 'origin']);
  expect(connections.fields.find(({ name }) => name === 'origin')).toMatchObject({ values: ['local', 'synced'], operators: ['==', '!='] });
});

test('may be kept, and is asked for again by its tag', async () => {
  const { headers } = await app.inject({ url: '/api/v1/filters' });
  expect(headers['cache-control']).toBe('private, no-cache');
  const again = await app.inject({ url: '/api/v1/filters', headers: { 'if-none-match': String(headers.etag) } });
  expect([again.statusCode, again.body]).toEqual([304, '']);
  expect((await app.inject({ url: '/api/v1/filters?noun=vrrp' })).statusCode).toBe(400);
});
