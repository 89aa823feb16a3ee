/** A route described once: OpenAPI is made from it, and requests are held against it. */
import type { FastifySchema, FastifySchemaCompiler } from 'fastify';
import { type TProperties, type TSchema, Type } from 'typebox';
import { PROBLEMS, type ProblemCode, ProblemSchema, Refusal, refuseUnknownParameter } from '../contract/problem.ts';
import type { Query } from '../contract/query.ts';
import { shapeProblems } from '../contract/shape.ts';

interface OperationOptions {
  /** Name of the call in generated clients. */
  readonly id: string;
  /** The noun that it is listed under. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: TSchema;
  /** Of the query part of the address; none unless they are here. */
  readonly query?: TProperties;
  /** Names of parameters that are taken as well, in the words of others. */
  readonly besides?: readonly string[];
  readonly body?: TSchema;
  /** What it answers, by media type. */
  readonly answers: Readonly<Record<string, TSchema>>;
  /** A client that has the same already is told so. */
  readonly tagged?: true;
  /** What it can be refused for besides what any request can. */
  readonly problems?: readonly ProblemCode[];
  /** Answers of other statuses. */
  readonly others?: Readonly<Record<number, object>>;
}

const ANY: readonly ProblemCode[] = [
  'bad_parameter',
  'bad_request',
  'unauthorized',
  'forbidden',
  'origin_refused',
  'too_long',
  'host_refused',
  'rate_limited',
  'internal',
];

/** Of text that is streamed or has a layout of its own. */
export const Text = Type.String();

const contentOf = (answers: OperationOptions['answers']) =>
  Object.fromEntries(Object.entries(answers).map(([type, schema]) => [type, { schema }]));

function problemResponses(codes: readonly ProblemCode[]): Record<number, object> {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))];
  const response = (status: number) => ({
    description: codes.flatMap((code) => (PROBLEMS[code].status === status ? [`${code}: ${PROBLEMS[code].title}`] : [])).join('; '),
    content: contentOf({ 'application/problem+json': ProblemSchema }),
  });
  return Object.fromEntries(statuses.map((status) => [status, response(status)]));
}

export function operation({
  id,
  tag,
  answers,
  query = {},
  besides = [],
  tagged,
  problems = [],
  others,
  ...rest
}: OperationOptions): FastifySchema {
  const etag = { etag: { type: 'string', description: 'for If-None-Match' } };
  return {
    ...rest,
    operationId: id,
    tags: [tag],
    querystring: Type.Object(query, { style: 'form', explode: false, besides }),
    response: {
      200: { description: rest.summary, content: contentOf(answers), ...(tagged ? { headers: etag } : {}) },
      ...(tagged ? { 304: { type: 'null', description: 'the same as If-None-Match names' } } : {}),
      ...others,
      ...problemResponses([...problems, ...ANY]),
    },
  };
}

interface QuerySchema {
  readonly properties?: TProperties;
  readonly besides?: readonly string[];
}

/** Whoever reads the value refuses a wrong one; here, what nobody would read. */
function refuseUnknown(query: Query, { properties = {}, besides = [] }: QuerySchema): void {
  const described = Object.keys(properties);
  const known = new Set([...described, ...besides]);
  for (const [name, value] of Object.entries(query)) if (!known.has(name)) refuseUnknownParameter(name, String(value), described);
}

/** Requests are held against the schemas that describe them. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'querystring')
    return (query) => {
      refuseUnknown(query, schema);
      return { value: query };
    };
  return (data) => {
    const [problem] = shapeProblems(schema, data);
    if (problem) throw new Refusal('bad_request', `${httpPart} ${problem.path.join('.')}: ${problem.text}`);
    return { value: data };
  };
};
