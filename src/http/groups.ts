import { GroupSchema, groupsOf } from '../contract/group.ts';
import { GROUPS } from '../contract/item-lists.ts';
import type { App, HttpContext } from './context.ts';
import { addItemRoutes } from './item-routes.ts';

/** `/api/v1/groups`: who listens to which multicast group, and who asks. */
export function addGroups(app: App, context: HttpContext): void {
  const all = () => groupsOf(context.monitor);
  addItemRoutes(app, context, { noun: 'groups', about: 'who listens to which multicast group', schema: GroupSchema, list: GROUPS, all });
}
