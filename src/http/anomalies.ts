import { AnomalySchema, anomaliesOf } from '../contract/anomaly.ts';
import { ANOMALIES } from '../contract/item-lists.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/anomalies`: what is wrong, what was, and what cannot be told. */
export function addAnomalies(app: App, context: HttpContext): void {
  const all = () => anomaliesOf(context.monitor, context.capture());
  addItemRoutes(app, context, {
    noun: 'anomalies',
    about: 'what is wrong, what was, and what cannot be told',
    schema: AnomalySchema,
    list: ANOMALIES,
    all,
  });
}
