/** The API described: OpenAPI 3.1 at `/api/v1/openapi.json`, made from the schemas of the routes, and for people at `/docs`. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema } from 'fastify';
import { sendJson } from './answers.ts';
import type { App } from './context.ts';
import { operation } from './operation.ts';

const OPENAPI_PATH = '/api/v1/openapi.json';

const DESCRIPTION = `What lvscope knows of the load balancers it listens to. Lists are filtered by their fields and by \`q\`, come in
pages (\`nextCursor\`, also as \`Link\`), and as NDJSON or CSV whole. Errors are problem details (RFC 9457) with a stable \`code\`.
Changes come over the WebSocket at \`/api/v1/live\`, which OpenAPI cannot describe: see docs/live.md.`;

/** By `$id`. */
type Components = Map<string, object>;

const COMPONENTS = '#/components/schemas/';

/** A shape with a name is written once, among the components, and referred to from where it stands. */
function referring(schema: unknown, components: Components): unknown {
  if (Array.isArray(schema)) return schema.map((one) => referring(one, components));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $id, ...rest } = schema as Readonly<Record<string, unknown>>;
  const inside = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, referring(value, components)]));
  if (typeof $id !== 'string') return inside;
  components.set($id, inside);
  return { $ref: `${COMPONENTS}${$id}` };
}

const sorted = (components: Components): Record<string, object> => Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Of this page alone: it sets styles by script and has pictures inside its style sheet. Scripts are files of its own, here as everywhere. */
const UI_POLICY = {
  'default-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
  'object-src': ["'none'"],
};

/** Before the routes that it describes. */
export async function describeRoutes(app: App): Promise<void> {
  const components: Components = new Map();
  await app.register(swagger, {
    hideUntagged: true,
    openapi: {
      openapi: '3.1.0',
      info: { title: 'lvscope', version: '1', description: DESCRIPTION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'a token' },
          basic: { type: 'http', scheme: 'basic', description: 'a user of --web.config.file' },
        },
      },
      // On the loopback interface neither is needed.
      security: [{}, { bearer: [] }, { basic: [] }],
    },
    transform: ({ schema, url }) => ({ schema: referring(schema, components) as FastifySchema, url }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      Object.assign(document.openapiObject.components ?? {}, { schemas: sorted(components) });
      return document.openapiObject;
    },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: UI_POLICY, uiConfig: { url: OPENAPI_PATH, validatorUrl: null } });
}

/** `/api/v1/openapi.json`. */
export function addOpenApi(app: App): void {
  const schema = operation({
    id: 'getOpenApi',
    tag: 'monitor',
    summary: 'this description',
    answers: { 'application/json': { type: 'object' } },
    tagged: true,
  });
  let text: string | null = null;
  app.get(OPENAPI_PATH, { schema }, (request, reply) => {
    text ??= JSON.stringify(app.swagger());
    return sendJson(request, reply, text);
  });
}
