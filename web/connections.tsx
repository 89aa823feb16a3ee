/** The live connection table with its filter above and the selected session's details below. */
import { useRef } from 'preact/hooks';
import { ConnectionDetails } from './connection-details.tsx';
import { ConnectionGrid } from './connection-grid.tsx';
import { FilterBox } from './filter-box.tsx';
import { isTyping, usePageKeys } from './page-keys.ts';
import type { PageState } from './page-state.ts';
import { countText } from './text.ts';
import './connections.css';

function Heading({ page }: { page: PageState }) {
  const rows = page.connections.rows.value;
  const live = page.status.value?.sessions.live ?? rows?.total ?? 0;
  const held = rows?.byId.size ?? 0;
  return (
    <h2 id="connections-title">
      Connections{' '}
      <span class="dim" id="connections-count">
        {rows && `${countText(rows.total)} of ${countText(Math.max(live, rows.total))}`}
        {rows && held < rows.total && `, ${countText(held)} listed`}
      </span>
    </h2>
  );
}

export function Connections({ page }: { page: PageState }) {
  const input = useRef<HTMLInputElement>(null);

  usePageKeys((event) => {
    if (event.key === 'Escape') {
      page.selection.clear();
      page.filterText.value = '';
      input.current?.blur();
    } else if (event.key === '/' && !isTyping(event)) input.current?.focus();
    else return false;
    return true;
  });

  return (
    <section class="panel connections" aria-labelledby="connections-title">
      <header>
        <Heading page={page} />
        <FilterBox page={page} input={input} />
      </header>
      <p id="filter-fault" class="fault" role="status">
        {page.filterFault.value}
      </p>
      <ConnectionGrid page={page} />
      <ConnectionDetails page={page} />
    </section>
  );
}
