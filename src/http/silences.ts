import type { FastifySchemaCompiler } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { SILENCES } from '../contract/alert-lists.ts';
import { Refusal } from '../contract/problem.ts';
import { readSilence, SilenceRequestSchema, SilenceSchema } from '../contract/silence.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';
import { compileValidator, operation } from './operation.ts';

const ADD = operation({
  id: 'addSilence',
  tag: 'silences',
  summary: 'keep alerts quiet for a while',
  body: SilenceRequestSchema,
  answers: { 'application/json': SilenceSchema },
  problems: ['too_large', 'too_many_silences'],
});
const END = operation({
  id: 'endSilence',
  tag: 'silences',
  summary: 'end a silence that was set at run time',
  params: Type.Object({ id: Type.String() }),
  answers: { 'application/json': Type.Null() },
  problems: ['not_found', 'fixed_silence'],
});

/** The contract reads the body, and tells all that is wrong with it at once. */
const validatorCompiler: FastifySchemaCompiler<TSchema> = (route) =>
  route.httpPart === 'body' ? (data) => ({ value: data }) : compileValidator(route);

/** `/api/v1/silences`: what keeps alerts quiet; set and ended by who may write. */
export function addSilences(app: App, context: HttpContext): void {
  const { alerts } = context;
  const all = () => alerts.silences();
  addItemRoutes(app, context, {
    noun: 'silences',
    about: 'silences and maintenance windows, of the file and of run time',
    schema: SilenceSchema,
    list: SILENCES,
    hasPast: false,
    all,
  });
  app.post('/api/v1/silences', { schema: ADD, validatorCompiler }, ({ body }, reply) => {
    const silence = alerts.silence(readSilence(body, context.nowMicros()));
    if (!silence) throw new Refusal('too_many_silences', 'there are as many silences as there may be: end some of them');
    return reply.type('application/json').send(JSON.stringify(silence));
  });
  app.delete<{ Params: { id: string } }>('/api/v1/silences/:id', { schema: END }, ({ params: { id } }, reply) => {
    if (alerts.endSilence(id)) return reply.type('application/json').send('null');
    if (all().some((silence) => silence.id === id))
      throw new Refusal('fixed_silence', `the silence ${id} stands in the configuration file: end it there`);
    throw new Refusal('not_found', `there is no silence ${id.slice(0, 200)}`);
  });
}
