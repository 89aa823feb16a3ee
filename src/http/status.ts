import { MOMENT_PARAMETER } from '../contract/list-parameters.ts';
import { StatusSchema } from '../contract/status.ts';
import type { App, HttpContext } from './context.ts';
import { operation } from './operation.ts';

/** `/api/v1/status`: what was read, what is kept, what cannot be seen. */
export function addStatus(app: App, context: HttpContext): void {
  const schema = operation({
    id: 'getStatus',
    tag: 'monitor',
    summary: 'what was read, what is kept, what cannot be seen',
    query: MOMENT_PARAMETER,
    answers: { 'application/json': StatusSchema },
    problems: ['not_kept', 'busy'],
  });
  app.get('/api/v1/status', { schema, config: { hasPast: true } }, () => context.status());
}
