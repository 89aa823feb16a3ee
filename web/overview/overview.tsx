/** The first page: what matters at 3 a.m., without scrolling. */
import { useComputed } from '@preact/signals';
import type { Service } from '../../src/contract/service.ts';
import { useTable } from '../data/use-table.ts';
import type { PageState } from '../shell/page-state.ts';
import { Anomalies } from './anomalies.tsx';
import { Capture } from './capture.tsx';
import { Events } from './events.tsx';
import { Routers } from './routers.tsx';
import { ratesOfAll } from './series.ts';
import { Services } from './services.tsx';
import { Sessions } from './sessions.tsx';
import { Sync } from './sync.tsx';
import { useHistories } from './use-histories.ts';
import './overview.css';

const NO_SERVICES: readonly Service[] = [];

export function Overview({ page }: { page: PageState }) {
  const routers = useTable(page, { noun: 'vrrp' }).rows.value?.items;
  const services = useTable(page, { noun: 'services' }).rows.value?.items;
  const histories = useHistories(page, services ?? NO_SERVICES);
  const rates = useComputed(() => (histories.value.size === 0 ? undefined : ratesOfAll(histories.value)));
  return (
    <div class="overview">
      <Routers page={page} heard={routers} />
      <Anomalies page={page} />
      <Sync page={page} routers={routers ?? []} />
      <Capture page={page} />
      <Sessions page={page} services={services ?? NO_SERVICES} rates={rates.value} />
      <Services page={page} services={services} histories={histories.value} />
      <Events page={page} />
    </div>
  );
}
