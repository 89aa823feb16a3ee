/** One line under the table: what the columns do not say of the selected session; the keys when none is selected. */
import type { Connection } from '../src/contract/connection.ts';
import type { PageState } from './page-state.ts';
import { clockText, durationText } from './text.ts';

function detailsOf(c: Connection, nowMillis: number): string[] {
  const where = [c.interface, c.vlan === null ? null : `VLAN ${c.vlan}`].filter((part) => part !== null).join(' ');
  return [
    `${c.forward}${c.template ? ', persistence template' : c.active ? ', active' : ', inactive'}`,
    `timeout ${durationText(c.timeoutSeconds)}`,
    `first seen ${clockText(Date.parse(c.firstSeen), nowMillis)}`,
    `last sync ${clockText(Date.parse(c.lastSync), nowMillis)}`,
    c.fwmark ? `mark ${c.fwmark}` : '',
    c.flags.join(' '),
    c.persistenceEngine ? `pe ${c.persistenceEngine.name} ${c.persistenceEngine.data}` : '',
    where,
  ].filter((part) => part !== '');
}

export function ConnectionDetails({ page }: { page: PageState }) {
  const selected = page.selection.connection.value;
  return (
    <p class="details">
      {selected ? (
        detailsOf(selected, page.now.value).map((part) => <span key={part}>{part}</span>)
      ) : (
        <>
          <span>
            <kbd>/</kbd> filter
          </span>
          <span>
            <kbd>j</kbd> <kbd>k</kbd> <kbd>h</kbd> <kbd>l</kbd> move
          </span>
          <span>
            <kbd>Enter</kbd> or click: filter by the value
          </span>
          <span>
            <kbd>Esc</kbd> clear
          </span>
        </>
      )}
    </p>
  );
}
