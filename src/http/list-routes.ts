/** The two routes of every list: the list, as JSON in pages or whole as a stream in another format, and one item by its id. */
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TProperties, type TSchema, Type } from 'typebox';
import type { FieldDescription } from '../contract/field.ts';
import { type ItemPage, itemOrders } from '../contract/item-page.ts';
import { fieldsParameter, listParameters, MOMENT_PARAMETER } from '../contract/list-parameters.ts';
import { type PickedFields, parsePickedFields } from '../contract/picked-fields.ts';
import { Refusal, refuseParameter } from '../contract/problem.ts';
import { type ListQuery, listOf, MOST_LIMIT, parseLimit, parseListQuery, type Query } from '../contract/query.ts';
import { timeText } from '../contract/scalars.ts';
import { type ShapeField, shapeFields } from '../contract/shape-fields.ts';
import { negotiate } from './accept.ts';
import { sendJson, sendPage } from './answers.ts';
import type { App, HttpContext } from './context.ts';
import { csv, type ListFormat, ndjson } from './list-formats.ts';
import { operation, Text } from './operation.ts';
import { queryOf } from './request-query.ts';

/** A list as ipvsadm prints it. */
export interface TextLayout<Item> {
  /** What it can be told. */
  readonly parameters: TProperties;
  readonly format: (query: Query) => ListFormat<Item>;
}

export interface ListRoutes<Item> {
  /** As in `/api/v1/NOUN`. */
  readonly noun: string;
  /** What the list is of, in a few words. */
  readonly about: string;
  readonly schema: TSchema;
  readonly filters: readonly FieldDescription[];
  /** Names of all parameters that filter. */
  readonly parameters: readonly string[];
  /** What it can be sorted by; by default every scalar of the shape. */
  readonly orders?: readonly string[];
  /** Whether it can be asked for as it was at another moment. */
  readonly hasPast: boolean;
  readonly text?: TextLayout<Item>;
  /** @throws Refusal for what is not accepted */
  readonly page: (query: ListQuery) => ItemPage<Item>;
  /** All that match, in parts of a few milliseconds of work. @throws Refusal for a filter that is not accepted */
  readonly parts: (filters: Query) => Iterable<readonly Item[]>;
  /** Null when there is no such item, or not any more. */
  readonly find: (id: string) => Item | null;
}

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';
const CSV_TYPE = 'text/csv';
const TEXT_TYPE = 'text/plain';
/** What `format` says, for who cannot choose a header, as a link. */
const FORMATS: Readonly<Record<string, string>> = { json: JSON_TYPE, text: TEXT_TYPE, ndjson: NDJSON_TYPE, csv: CSV_TYPE };
const formatsOf = (types: readonly string[]): string[] => Object.keys(FORMATS).filter((name) => types.includes(FORMATS[name]));

/** Parameters that need all rows to be looked at before the first is known. */
const PLACING = ['sort', 'offset'] as const;
const MOST_EXPORTED = Number.MAX_SAFE_INTEGER;

async function* written<Item>(parts: Iterable<readonly Item[]>, limit: number, format: ListFormat<Item>): AsyncGenerator<string> {
  if (format.head) yield format.head;
  let left = limit;
  for (const some of parts) {
    const taken = some.slice(0, left);
    left -= taken.length;
    if (taken.length > 0) yield format.part(taken);
    if (left === 0) return;
    await nextTurn();
  }
}

/** All that match, however many; from an offset on, or in an order other than the list's own, no more than a page of them. */
function exported<Item>({ page, parts }: ListRoutes<Item>, query: Query, format: ListFormat<Item>): AsyncGenerator<string> {
  if (query.cursor !== undefined) refuseParameter('cursor', query.cursor, 'no cursor: this format comes whole');
  const placed = PLACING.find((name) => query[name] !== undefined);
  if (placed !== undefined) {
    if (query.limit === undefined) refuseParameter(placed, query[placed], `a limit of at most ${MOST_LIMIT} beside it in this format`);
    return written([page(parseListQuery(query)).items], MOST_LIMIT, format);
  }
  const limit = parseLimit(query.limit, MOST_EXPORTED) ?? MOST_EXPORTED;
  const { filters } = parseListQuery({ ...query, limit: '1' });
  return written(parts(filters), limit, format);
}

const without = (query: Query, names: readonly string[]): Query =>
  Object.fromEntries(Object.entries(query).filter(([name]) => !names.includes(name)));

function formatOf<Item>(type: string, known: readonly ShapeField[], picked: PickedFields, text: ListFormat<Item> | null): ListFormat<Item> {
  if (type === NDJSON_TYPE) return ndjson(picked);
  return text !== null && type === TEXT_TYPE ? text : csv(known, picked);
}

const typesOf = <Item>({ text }: ListRoutes<Item>): string[] => [JSON_TYPE, ...(text ? [TEXT_TYPE] : []), NDJSON_TYPE, CSV_TYPE];

function typeNamed(format: string, types: readonly string[]): string {
  const isKnown = Object.hasOwn(FORMATS, format) && types.includes(FORMATS[format]);
  return isKnown ? FORMATS[format] : refuseParameter('format', format, formatsOf(types).join(', '));
}

function answerList<Item>(context: HttpContext, list: ListRoutes<Item>, known: readonly ShapeField[]) {
  const types = typesOf(list);
  const ownParameters = ['format', ...Object.keys(list.text?.parameters ?? {})];
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    reply.header('vary', 'accept');
    const asked = queryOf(request);
    const type = asked.format === undefined ? negotiate(request.headers.accept, types) : typeNamed(asked.format, types);
    const text = list.text?.format(asked) ?? null;
    const query = without(asked, ownParameters);
    const picked = parsePickedFields(known, query.fields ?? null);
    if (type === JSON_TYPE) {
      const page = list.page(parseListQuery(query));
      return sendPage(request, reply, { ...page, items: page.items.map(picked.pick) }, timeText(context.nowMicros()));
    }
    if (type === TEXT_TYPE && query.fields !== undefined)
      refuseParameter('fields', query.fields, 'no fields: this format has its own columns');
    const all = exported(list, query, formatOf(type, known, picked, text));
    // Counted in octets, so that a reader who is slow has little made ahead for it.
    return reply.type(type).send(Readable.from(request.method === 'HEAD' ? [] : all, { objectMode: false }));
  };
}

function answerItem<Item>({ noun, find }: ListRoutes<Item>, known: readonly ShapeField[]) {
  return (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply): FastifyReply => {
    const { id } = request.params;
    const { pick } = parsePickedFields(known, queryOf(request).fields ?? null);
    const item = find(id);
    if (item === null) throw new Refusal('not_found', `there is no ${id.slice(0, 200)} among the ${noun}, or not any more`);
    return sendJson(request, reply, JSON.stringify(pick(item)));
  };
}

/** `connections` as in listConnections, `vrrp-history` as in listVrrpHistory. */
const capital = (noun: string): string => noun.replace(/(?:^|-)./g, (start) => start.slice(-1).toUpperCase());

export function addListRoutes<Item>(app: App, context: HttpContext, list: ListRoutes<Item>): void {
  const { noun, schema, about, filters, parameters, text, hasPast } = list;
  const known = shapeFields(schema);
  const orders = list.orders ?? itemOrders(known);
  const moment = hasPast ? MOMENT_PARAMETER : {};
  const format = Type.Optional(Type.Enum(formatsOf(typesOf(list)), { description: 'in place of the header Accept' }));
  const pastProblems = hasPast ? (['not_kept', 'busy'] as const) : [];
  const whole = operation({
    id: `list${capital(noun)}`,
    tag: noun,
    summary: about,
    description: 'As JSON in pages; in the other formats whole, as a stream.',
    query: { ...listParameters(filters, known, orders), format, ...text?.parameters, ...moment },
    besides: parameters,
    answers: { [JSON_TYPE]: listOf(schema, capital(noun)), ...(text ? { [TEXT_TYPE]: Text } : {}), [NDJSON_TYPE]: Text, [CSV_TYPE]: Text },
    tagged: true,
    problems: ['not_acceptable', ...pastProblems],
  });
  const one = operation({
    id: `get${capital(noun)}`,
    tag: noun,
    summary: `one of the ${noun}`,
    params: Type.Object({ id: Type.String() }),
    query: { ...fieldsParameter(known), ...moment },
    answers: { [JSON_TYPE]: schema },
    tagged: true,
    problems: ['not_found', ...pastProblems],
  });
  const described = { noun, filters: { fields: filters, orders } };
  app.get(`/api/v1/${noun}`, { schema: whole, config: { hasPast, list: described } }, answerList(context, list, known));
  app.get(`/api/v1/${noun}/:id`, { schema: one, config: { hasPast } }, answerItem(list, known));
}
