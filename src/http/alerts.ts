import { AlertSchema, ReceiverSchema } from '../contract/alert.ts';
import { ALERTS, RECEIVERS } from '../contract/alert-lists.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/alerts`: what burns and what was told. `/api/v1/receivers`: how far the telling is. */
export function addAlerts(app: App, context: HttpContext): void {
  const { alerts } = context;
  addItemRoutes(app, context, {
    noun: 'alerts',
    about: 'what burns, and what the receivers were told of it',
    schema: AlertSchema,
    list: ALERTS,
    hasPast: false,
    all: () => alerts.alerts(),
  });
  addItemRoutes(app, context, {
    noun: 'receivers',
    about: 'who is told of alerts, and how far that is',
    schema: ReceiverSchema,
    list: RECEIVERS,
    hasPast: false,
    all: () => alerts.receivers(),
  });
}
