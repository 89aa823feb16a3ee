/** Every code that a request can be refused with: told on the page, and seen. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InjectOptions } from 'fastify';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiPage } from '../../scripts/docs-api.js';
import { PROBLEM_CODES, PROBLEMS, type Problem, ProblemSchema } from '../../src/contract/problem.ts';
import type { App } from '../../src/http/context.ts';
import { playing } from '../alerts/playing.ts';
import { ROOT } from '../environment.ts';
import { recorded } from './recorded.ts';
import { serving } from './serving.ts';

let app: App;
beforeAll(async () => {
  const { alerts } = playing(
    "{receivers: [{name: nobody, webhook: {url: 'http://127.0.0.1:9/'}}], rules: [{name: all, receivers: [nobody]}]}",
  );
  ({ app } = serving(await recorded('nat-v0'), { alerts }));
});
afterAll(() => app.close());

async function refused(options: InjectOptions): Promise<Problem> {
  const answer = await app.inject(options);
  const body = answer.json<Problem>();
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect([...Value.Errors(ProblemSchema, body)]).toEqual([]);
  expect(body.status).toBe(answer.statusCode);
  return body;
}

const json = { 'content-type': 'application/json' };

test('a body that is no JSON, one that is too large, an address that cannot be read', async () => {
  const silences = { method: 'POST', url: '/api/v1/silences', headers: json } as const;
  expect(await refused({ ...silences, payload: '{"match":' })).toMatchObject({ status: 400, code: 'bad_request' });
  expect(await refused({ ...silences, payload: '[1]' })).toMatchObject({ status: 400, code: 'bad_request' });
  expect(await refused({ ...silences, payload: JSON.stringify({ comment: 'x'.repeat(20_000) }) })).toMatchObject({
    status: 413,
    code: 'too_large',
  });
  expect(await refused({ url: '/api/v1/events/%zz' })).toMatchObject({ status: 400, code: 'bad_request' });
});

test('an address that is too long', async () => {
  expect(await refused({ url: `/api/v1/connections?client=${'1'.repeat(10_000)}` })).toMatchObject({ status: 414, code: 'too_long' });
});

test('more silences than there may be', async () => {
  const ask = () =>
    app.inject({
      method: 'POST',
      url: '/api/v1/silences',
      headers: json,
      payload: JSON.stringify({ match: { vrid: 51 }, for: '1h', comment: 'test' }),
    });
  let answer = await ask();
  expect(answer.statusCode, answer.body).toBe(200);
  for (let i = 0; i < 1000 && answer.statusCode === 200; i++) answer = await ask();
  expect(answer.json<Problem>()).toMatchObject({ status: 503, code: 'too_many_silences' });
});

test('docs/api.md is what npm run docs writes, with every code', () => {
  const page = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');
  expect(page).toBe(apiPage(PROBLEMS));
  for (const code of PROBLEM_CODES) expect(page).toContain(`| \`${code}\` | ${PROBLEMS[code].status} |`);
});

test('every code is seen in a test', () => {
  const folder = join(ROOT, 'test');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  expect(PROBLEM_CODES.filter((code) => !new RegExp(`'(\\d{3} )?${code}'`).test(texts))).toEqual([]);
});
