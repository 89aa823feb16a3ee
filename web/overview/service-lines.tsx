/** The lines of the service tree. A click on a name leads to its connections. */
import type { Service } from '../../src/contract/service.ts';
import { countText, durationText, endpointText, rateText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import type { Rates, ServiceRates } from './series.ts';
import { isDeserted, type ServiceRow } from './service-rows.ts';
import { type Share, type Totals, totalsOf } from './shares.ts';
import { Spark } from './spark.tsx';

const FORWARD_NAMES = { masq: 'Masq', local: 'Local', tunnel: 'Tunnel', route: 'Route', bypass: 'Bypass', unknown: '-' } as const;

const SHARE_OF = { new: 'of the new sessions of the service', live: 'of the sessions of the service; none is new' } as const;

type RowOf<Kind extends ServiceRow['kind']> = Extract<ServiceRow, { kind: Kind }>;

const persistenceText = ({ persistentSeconds, persistenceEngine }: Service): string =>
  (persistentSeconds === null ? '' : `persistent ${durationText(persistentSeconds)}`) +
  (persistenceEngine === null ? '' : ` pe ${persistenceEngine}`);

const nameOf = ({ virtual, fwmark, family }: Service): string =>
  virtual ? endpointText(virtual) : `${fwmark}${family === 'ipv6' ? ' IPv6' : ''}`;

function Counts({ counts }: { counts: Totals }) {
  return (
    <>
      <td class="number">{countText(counts.active)}</td>
      <td class="number">{countText(counts.inactive)}</td>
      <td class="number">{rateText(counts.newPerSecond)}</td>
    </>
  );
}

interface ServiceLineProps {
  readonly row: RowOf<'service'>;
  /** Among all rows of the tree. */
  readonly index: number;
  readonly page: PageState;
  readonly rates: Rates | undefined;
  onTurn(): void;
}

export function ServiceLine({ row: { service, isOpen }, index, page, rates, onTurn }: ServiceLineProps) {
  const name = nameOf(service);
  const count = service.destinations.length;
  return (
    <tr class="service" aria-rowindex={index + 2}>
      <th scope="rowgroup" class="name">
        <button type="button" class="turn" aria-expanded={isOpen} aria-label={`real servers of ${name}`} onClick={onTurn}>
          {isOpen ? '▾' : '▸'}
        </button>
        <span class="proto">{service.virtual ? (service.proto ?? '').toUpperCase() : 'FWM'}</span>
        <a href={page.hrefOf('connections', null, { service: service.id })} title={`the sessions of ${service.id}`}>
          {name}
        </a>{' '}
        <span class="dim">{persistenceText(service)}</span>
      </th>
      <td class="forward">{isOpen ? '' : <span class="dim">{countText(count)} RS</span>}</td>
      <Counts counts={totalsOf(service.destinations)} />
      <td class="share" />
      <td class="hour">
        <Spark rates={rates} />
      </td>
    </tr>
  );
}

function ShareBar({ share: { part, of } }: { share: Share }) {
  const percent = Math.round(part * 100);
  return (
    <td class="share" title={`${percent} % ${SHARE_OF[of]}`}>
      <span class="gauge" aria-hidden="true">
        <span style={{ transform: `scaleX(${part.toFixed(3)})` }} />
      </span>
      <span class="percent">{percent}%</span>
    </td>
  );
}

interface DestinationLineProps {
  readonly row: RowOf<'destination'>;
  readonly index: number;
  readonly page: PageState;
  /** Those of its service. */
  readonly rates: ServiceRates | undefined;
}

export function DestinationLine({ row: { service, destination, share }, index, page, rates }: DestinationLineProps) {
  const { address, port } = destination.destination;
  const name = endpointText(destination.destination);
  const deserted = isDeserted(destination);
  return (
    <tr class={`destination ${deserted ? 'deserted' : ''}`} aria-rowindex={index + 2}>
      <td class="name">
        <span class="arrow" aria-hidden="true">
          {'→ '}
        </span>
        <a
          href={page.hrefOf('connections', null, { service: service.id, dest: port === 0 ? address : name })}
          title={`the sessions of ${service.id} to ${name}`}
        >
          {name}
        </a>
      </td>
      <td class="forward">{FORWARD_NAMES[destination.forward]}</td>
      <Counts counts={destination} />
      {deserted ? (
        <td class="share dim" title="it had sessions, and has none now: gone, taken out, or not chosen">
          ○ none now
        </td>
      ) : (
        <ShareBar share={share} />
      )}
      <td class="hour">
        <Spark rates={rates?.destinations.get(name)} most={rates?.most ?? 0} />
      </td>
    </tr>
  );
}
