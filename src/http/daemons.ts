import { DaemonSchema, daemonsOf } from '../contract/daemon.ts';
import { DAEMONS } from '../contract/item-lists.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/daemons`: who sends connection sync. */
export function addDaemons(app: App, context: HttpContext): void {
  const all = () => daemonsOf(context.monitor, context.nowMicros());
  addItemRoutes(app, context, {
    noun: 'daemons',
    about: 'senders and listeners of connection sync',
    schema: DaemonSchema,
    list: DAEMONS,
    all,
  });
}
