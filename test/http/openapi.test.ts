/** The description of the API: whether it is valid, whole and true, and whether a client made from it by others works. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Validator } from '@seriousme/openapi-schema-validator';
import { generateApi } from 'swagger-typescript-api';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiText } from '../../scripts/docs-api.js';
import type { App } from '../../src/http/context.ts';
import { ROOT } from '../environment.ts';
import { looks, recorded } from './recorded.ts';
import { serving } from './serving.ts';

interface Media {
  readonly schema: TSchema;
}
interface Response {
  readonly description: string;
  readonly content?: Readonly<Record<string, Media>>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly schema: object;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, Response>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, TSchema>> };
}

const PATH = '/api/v1/openapi.json';

let app: App;
let document: Document;
/** Routes that the framework knows, as `get /path`. */
const routes: string[] = [];

beforeAll(async () => {
  ({ app } = serving(await recorded('nat-v0')));
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push(`${one.toLowerCase()} ${url.replace(/:(\w+)/g, '{$1}')}`);
  });
  document = (await app.inject({ url: PATH })).json<Document>();
});
afterAll(() => app.close());

const operations = (): (readonly [path: string, method: string, operation: Operation])[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [path, method, operation] as const),
  );

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    expect(await new Validator().validate(structuredClone({ ...document }))).toEqual({ valid: true });
    expect(document.openapi).toBe('3.1.0');
  });

  test('has every route but the WebSocket, the pages and HEAD', () => {
    const described = operations().map(([path, method]) => `${method} ${path}`);
    const due = routes.filter((route) => /^\w+ \/(api|-|metrics)/.test(route) && !/^head |\/live$/.test(route));
    expect(due.length).toBeGreaterThan(20);
    expect(described.sort()).toEqual([...new Set(due)].sort());
  });

  test('says of every parameter what it takes and of every answer what it is, each call by its own name', () => {
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [path, , { summary, parameters = [], responses }] of operations()) {
      expect([path, summary.length > 5]).toEqual([path, true]);
      for (const one of parameters.filter((parameter) => parameter.in === 'query'))
        expect([path, one.name, (one.description ?? '').length > 0 || JSON.stringify(one.schema).includes('enum')]).toEqual([
          path,
          one.name,
          true,
        ]);
      for (const status of ['400', '421', '500'])
        expect(Object.keys(responses[status].content ?? {})).toEqual(['application/problem+json']);
    }
  });

  test('is the one in docs/', () => {
    const written = readFileSync(join(ROOT, 'docs', 'openapi.json'), 'utf8');
    expect(openApiText(JSON.stringify(document)) === written, 'npm run docs').toBe(true);
  });

  test('is the same until the program is another', async () => {
    const { headers } = await app.inject({ url: PATH });
    const again = await app.inject({ url: PATH, headers: { 'if-none-match': String(headers.etag) } });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });
});

/** With the components put where they are referred to. */
function whole(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(whole);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return whole(document.components.schemas[String(schema.$ref).split('/').at(-1) ?? '']);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, whole(value)]));
}

describe.each(['nat-v0', 'sip-pe-and-ftp', 'persistence-fwmark', 'split-brain', 'vrrp-zoo', 'active-active'])('on %s', (recording) => {
  let other: App;
  beforeAll(async () => {
    const [untilMicros] = looks(recording, 'ipvsadm -Lnc')
      .filter(({ output }) => output.trim().split('\n').length > 2)
      .map(({ t }) => t * 1e6);
    ({ app: other } = serving(await recorded(recording, untilMicros)));
  });
  afterAll(() => other.close());

  /** The address with the first id of its list in place of `{id}`; null when the list is empty. */
  async function addressOf(path: string): Promise<string | null> {
    if (!path.includes('{id}')) return path;
    const { items } = (await other.inject({ url: path.split('/{id}')[0] })).json<{ items: { id: string }[] }>();
    return items.length === 0 ? null : path.replace('{id}', encodeURIComponent(items[0].id));
  }

  test('every answer is as described, in every format that is named', async () => {
    let answered = 0;
    for (const [path, method, { responses }] of operations().filter(([, verb]) => verb === 'get')) {
      const url = await addressOf(path);
      if (url === null) continue;
      for (const [type, { schema }] of Object.entries(responses[200].content ?? {})) {
        const answer = await other.inject({ method: 'GET', url, headers: { accept: type } });
        const described = responses[String(answer.statusCode)];
        expect([method, url, answer.statusCode, described === undefined]).toEqual([method, url, answer.statusCode, false]);
        const [given] = String(answer.headers['content-type']).split(';');
        expect([url, Object.keys(described.content ?? {}).includes(given)]).toEqual([url, true]);
        answered++;
        if (given === 'application/json') expect([url, ...Value.Errors(whole(schema) as TSchema, answer.json())]).toEqual([url]);
        if (given !== 'application/x-ndjson') continue;
        const lines = answer.body.split('\n').filter((line) => line !== '');
        const one = responses[200].content?.['application/json'].schema as TSchema;
        const list = { items: lines.map((line) => JSON.parse(line)), nextCursor: null, asOf: '' };
        expect([url, ...Value.Errors(whole(one) as TSchema, list)]).toEqual([url]);
      }
    }
    expect(answered).toBeGreaterThan(45);
  });
});

/** Of the client that swagger-typescript-api makes, what is called here. */
interface Client {
  readonly api: {
    listConnections(query: object, params: object): Promise<{ readonly data: { readonly items: readonly { readonly id: string }[] } }>;
  };
}

test('a client made from it by a public generator lists connections', { timeout: 60_000 }, async () => {
  const output = join(ROOT, 'test', 'output');
  await generateApi({ input: join(ROOT, 'docs', 'openapi.json'), output, fileName: 'api-client.ts', silent: true });
  const { Api } = (await import(pathToFileURL(join(output, 'api-client.ts')).href)) as { Api: new (options: object) => Client };
  const { app: served } = serving(await recorded('nat-v0', looks('nat-v0', 'ipvsadm -Lnc')[1].t * 1e6));
  const baseUrl = await served.listen({ host: '127.0.0.1', port: 0 });
  const client = new Api({ baseUrl });
  const ours = (await served.inject({ url: '/api/v1/connections?proto=tcp,udp&state=ESTABLISHED,UDP&limit=5' })).json<{
    items: unknown[];
  }>();
  const { data } = await client.api.listConnections({ proto: ['tcp', 'udp'], state: ['ESTABLISHED', 'UDP'], limit: 5 }, { format: 'json' });
  expect(data.items).toEqual(ours.items);
  expect(data.items.length).toBeGreaterThan(0);
  await served.close();
});
