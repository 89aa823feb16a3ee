/** The connection table as the sync datagrams tell it. */
import { Grid } from '../grid/grid.tsx';
import type { PageState } from '../shell/page-state.ts';
import { COLUMNS } from './connection-columns.ts';
import './connections.css';

/** Pixels of the three lines that connections.css makes of a session. */
const CARD_HEIGHT = 64;

export function Connections({ page }: { page: PageState }) {
  const live = page.status.value?.sessions.live;
  return (
    <Grid
      page={page}
      noun="connections"
      heading="Connections"
      columns={COLUMNS}
      defaultSort="age"
      cardHeight={CARD_HEIGHT}
      {...(live !== undefined && page.moment.value === null && { count: live })}
      example="vip=10.0.0.1:443 client=198.51.100.0/24 state=ESTABLISHED"
      empty="No session known yet: they appear as sync datagrams are heard."
    />
  );
}
