/** The connection table as the sync datagrams tell it. */
import { useMemo } from 'preact/hooks';
import { useTable } from '../data/use-table.ts';
import { Grid } from '../grid/grid.tsx';
import type { PageState } from '../shell/page-state.ts';
import { connectionColumns } from './connection-columns.ts';
import { ConnectionDetails } from './connection-details.tsx';
import './connections.css';

/** Pixels of the three lines that connections.css makes of a session. */
const CARD_HEIGHT = 64;

export function Connections({ page }: { page: PageState }) {
  const daemons = useTable(page, { noun: 'daemons' });
  const columns = useMemo(() => {
    const heardMillis = (daemonId: string): number | null => {
      const daemon = daemons.rows.peek()?.items.find(({ id }) => id === daemonId);
      return daemon ? Date.parse(daemon.lastSeen) : null;
    };
    return { heardMillis, all: connectionColumns(heardMillis) };
  }, [daemons]);
  const live = page.status.value?.sessions.live;
  return (
    <Grid
      page={page}
      noun="connections"
      heading="Connections"
      columns={columns.all}
      defaultSort="age"
      cardHeight={CARD_HEIGHT}
      {...(live !== undefined && page.moment.value === null && { count: live })}
      example="vip=10.0.0.1:443 client=198.51.100.0/24 state=ESTABLISHED"
      empty="No session known yet: they appear as sync datagrams are heard."
      details={(connection) => (
        <ConnectionDetails page={page} connection={connection} heardMillis={columns.heardMillis(connection.daemonId)} />
      )}
    />
  );
}
