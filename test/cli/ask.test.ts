/** The commands that ask a running monitor: the same text as replay prints, the same JSON as REST answers. */
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addAsk } from '../../src/cli/ask.ts';
import { OperatorError } from '../../src/errors.ts';
import type { App } from '../../src/http/context.ts';
import { recorded } from '../http/recorded.ts';
import { serving } from '../http/serving.ts';

let app: App;
let url: string;
beforeAll(async () => {
  // The program prints once and ends; here it does so again and again.
  process.stdout.setMaxListeners(100);
  ({ app } = serving(await recorded('dr-v1-failover')));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

async function lvscope(...words: string[]): Promise<string> {
  const program = new Command().exitOverride();
  addAsk(program);
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((part) => written.push(String(part)) > 0);
  try {
    await program.parseAsync(['node', 'lvscope', ...words, '--url', url]);
  } finally {
    write.mockRestore();
  }
  return written.join('');
}

const rest = async (path: string): Promise<unknown> => (await app.inject({ url: `/api/v1/${path}` })).json<{ items: unknown }>().items;

const NOUNS = ['neighbors', 'groups', 'anomalies', 'failovers', 'vrrp', 'daemons', 'events'];

test.each(NOUNS)('%s --json is what REST answers, all pages of it', async (noun) => {
  const all = JSON.parse(await lvscope(noun, '--json')) as unknown[];
  expect(all.length).toBeGreaterThan(0);
  expect(all).toEqual(await rest(`${noun}?limit=1000`));
});

test.each([
  ['neighbors', /^address +mac +vip .*\n(.*\n)*10\.99\.0\.100 +02:/m],
  ['groups', /^group +interface .*\n(.*\n)*224\.0\.0\.18 /m],
  ['anomalies', /^cannot be told: \d+$/m],
  ['failovers', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}VRID 51 \(IPv4\).*: 10\.99\.0\.11 -> 10\.99\.0\.12, /m],
])('%s is a text for people', async (noun, expected) => {
  const text = await lvscope(noun);
  expect(text).toMatch(expected);
  expect(text).not.toMatch(/undefined|NaN|\[object/);
});

describe('filters', () => {
  test('are those of REST', async () => {
    expect(JSON.parse(await lvscope('neighbors', 'vip=true', '--json'))).toEqual(await rest('neighbors?vip=true'));
    expect(JSON.parse(await lvscope('anomalies', 'check=unknown', 'limit=2', '--json'))).toEqual(
      await rest('anomalies?check=unknown&limit=2'),
    );
    expect(await lvscope('anomalies', 'kind=vrrp.dup_owner', 'check=raised')).toBe('no anomaly\n');
  });

  test.each([
    [['anomalies', 'check=maybe'], /check=maybe is not accepted: expected raised, clear, unknown/],
    [['failovers', 'soon'], /column 5: .*after soon/],
  ])('%j is refused in one sentence', async (words, sentence) => {
    const refused = lvscope(...words);
    await expect(refused).rejects.toThrow(OperatorError);
    await expect(refused).rejects.toThrow(sentence);
  });
});
