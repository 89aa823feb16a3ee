import { CaptureStatusSchema } from '../contract/capture.ts';
import { CAPTURES } from '../contract/item-lists.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/capture`: where frames come from, what was lost, when nothing was seen. */
export function addCapture(app: App, context: HttpContext): void {
  addItemRoutes(app, context, {
    noun: 'capture',
    about: 'where frames come from and what was lost',
    hasPast: false,
    schema: CaptureStatusSchema,
    list: CAPTURES,
    all: () => context.capture(),
  });
}
