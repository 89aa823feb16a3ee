import type { FastifyRequest } from 'fastify';
import type { Query } from '../contract/query.ts';

/** The query part of the address; a parameter given twice means any of its values. */
export function queryOf({ query }: FastifyRequest): Query {
  const parameters = Object.entries(query as Readonly<Record<string, string | string[]>>);
  return Object.fromEntries(parameters.map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]));
}
