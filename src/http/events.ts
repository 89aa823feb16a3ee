import { EventSchema, eventOf } from '../contract/event.ts';
import { EVENTS } from '../contract/item-lists.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/events`: what happened, oldest first; `sort=-at` for the latest first. */
export function addEvents(app: App, context: HttpContext): void {
  const all = () => context.monitor.events.recent.map(eventOf);
  addItemRoutes(app, context, { noun: 'events', about: 'what happened', schema: EventSchema, list: EVENTS, all });
}
