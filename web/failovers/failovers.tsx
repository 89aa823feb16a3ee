/** Failovers: all of them, or the report of one. */
import type { PageState } from '../shell/page-state.ts';
import { FailoverList } from './failover-list.tsx';
import { Report } from './report.tsx';

export function Failovers({ page }: { page: PageState }) {
  const { id } = page.place.value;
  return id === null ? <FailoverList page={page} /> : <Report key={id} page={page} id={id} />;
}
