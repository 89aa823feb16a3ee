/** The first page: what matters at 3 a.m., without scrolling. */
import type { PageState } from '../shell/page-state.ts';
import { Anomalies } from './anomalies.tsx';
import { Events } from './events.tsx';
import { Services } from './services.tsx';
import { StatusStrip } from './status-strip.tsx';

export function Overview({ page }: { page: PageState }) {
  return (
    <>
      <StatusStrip page={page} />
      <Anomalies page={page} />
      <Services page={page} />
      <Events page={page} />
    </>
  );
}
