import { type CaptureStatus, CaptureStatusSchema } from '../contract/capture.ts';
import type { ItemList } from '../contract/item-list.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

export const CAPTURES: ItemList<CaptureStatus> = {
  fields: { interface: { of: (capture) => capture.interface } },
  idOf: ({ id }) => id,
  order: null,
};

/** `/api/v1/capture`: where frames come from, what was lost, when nothing was seen. */
export function addCapture(app: App, context: HttpContext): void {
  addItemRoutes(app, context, { noun: 'capture', schema: CaptureStatusSchema, list: CAPTURES, all: () => context.capture() });
}
