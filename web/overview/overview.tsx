/** The first page: what matters at 3 a.m., without scrolling. */
import { useComputed } from '@preact/signals';
import type { ServiceHistory } from '../../src/contract/service-history.ts';
import { useAnswer } from '../data/use-answer.ts';
import { useTable } from '../data/use-table.ts';
import type { PageState } from '../shell/page-state.ts';
import { Anomalies } from './anomalies.tsx';
import { Capture } from './capture.tsx';
import { Events } from './events.tsx';
import { Routers } from './routers.tsx';
import { historiesOf } from './series.ts';
import { Services } from './services.tsx';
import { Sessions } from './sessions.tsx';
import { Sync } from './sync.tsx';
import './overview.css';

/** As long as a step of the history. */
const HISTORY_EVERY_MILLIS = 10_000;

export function Overview({ page }: { page: PageState }) {
  const routers = useTable(page, { noun: 'vrrp' }).rows.value?.items;
  const services = useTable(page, { noun: 'services' }).rows.value?.items;
  const { body } = useAnswer<{ items: ServiceHistory[] }>(page, '/api/v1/service-history?limit=1000', HISTORY_EVERY_MILLIS);
  const histories = useComputed(() => body.value && historiesOf(body.value.items)).value;
  return (
    <div class="overview">
      <Routers page={page} heard={routers} />
      <Anomalies page={page} />
      <Sync page={page} routers={routers ?? []} />
      <Capture page={page} />
      <Sessions page={page} services={services ?? []} rates={histories?.all} />
      <Services page={page} services={services} histories={histories} />
      <Events page={page} />
    </div>
  );
}
