import { StatusSchema } from '../contract/status.ts';
import type { App, HttpContext } from './context.ts';

/** `/api/v1/status`: what was read, what is kept, what cannot be seen. */
export function addStatus(app: App, context: HttpContext): void {
  app.get('/api/v1/status', { schema: { response: { 200: StatusSchema } } }, () => context.status());
}
