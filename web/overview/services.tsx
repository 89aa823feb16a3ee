/** The service tree of `ipvsadm -Ln`: each virtual service, below it its real servers. A click filters the connections. */
import type { Service } from '../../src/contract/service.ts';
import { useTable } from '../data/use-table.ts';
import { countText, durationText, endpointText, rateText } from '../parts/text.ts';
import type { PageState } from '../shell/page-state.ts';
import { sharesOf, type Totals, totalsOf } from './shares.ts';
import './services.css';

const FORWARD_NAMES = { masq: 'Masq', local: 'Local', tunnel: 'Tunnel', route: 'Route', bypass: 'Bypass', unknown: '-' } as const;

type Destination = Service['destinations'][number];

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

function ServiceName({ service, page }: { service: Service; page: PageState }) {
  return (
    <>
      <span class="proto">{service.virtual ? (service.proto ?? '').toUpperCase() : 'FWM'}</span>
      <button
        type="button"
        title={`show only sessions of ${service.id}`}
        onClick={() => page.follow(page.hrefOf('connections', null, { service: service.id }))}
      >
        <b>{nameOf(service)}</b>
      </button>
    </>
  );
}

function ShareBar({ share }: { share: number }) {
  const percent = Math.round(share * 100);
  return (
    <td class="share" title={`${percent} % of the service's sessions, active and inactive`}>
      <span class="bar">
        <span style={{ width: `${percent}%` }} />
      </span>
      <span class="percent">{percent}%</span>
    </td>
  );
}

function DestinationRow({ destination, share, page }: { destination: Destination; share: number; page: PageState }) {
  const { address, port } = destination.destination;
  const name = endpointText(destination.destination);
  return (
    <tr class="destination">
      <td class="name">
        <span class="arrow" aria-hidden="true">
          {'→ '}
        </span>
        <button
          type="button"
          title={`show only sessions to ${name}`}
          onClick={() => page.follow(page.hrefOf('connections', null, { dest: port === 0 ? address : name }))}
        >
          {name}
        </button>
      </td>
      <td>{FORWARD_NAMES[destination.forward]}</td>
      <Counts counts={destination} />
      <ShareBar share={share} />
    </tr>
  );
}

function ServiceRows({ service, page }: { service: Service; page: PageState }) {
  const shares = sharesOf(service.destinations);
  return (
    <tbody data-service={service.id}>
      <tr class="service">
        <th scope="rowgroup" colSpan={2} class="name">
          <ServiceName service={service} page={page} /> <span class="dim">{persistenceText(service)}</span>
        </th>
        <Counts counts={totalsOf(service.destinations)} />
        <td />
      </tr>
      {service.destinations.map((destination, index) => (
        <DestinationRow key={endpointText(destination.destination)} destination={destination} share={shares[index]} page={page} />
      ))}
    </tbody>
  );
}

export function Services({ page }: { page: PageState }) {
  const rows = useTable(page, { noun: 'services' }).rows.value;
  const services = rows?.items ?? [];
  return (
    <section class="panel services" aria-labelledby="services-title">
      <h2 id="services-title">
        Services <span class="dim">{rows ? countText(services.length) : ''}</span>
      </h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col" class="name">
                service / real server
              </th>
              <th scope="col">forward</th>
              <th scope="col" class="number">
                active
              </th>
              <th scope="col" class="number">
                inact
              </th>
              <th scope="col" class="number">
                new/s
              </th>
              <th scope="col">share</th>
            </tr>
          </thead>
          {services.map((service) => (
            <ServiceRows key={service.id} service={service} page={page} />
          ))}
        </table>
        {rows && services.length === 0 && <p class="empty">No service known: no session was heard of yet.</p>}
      </div>
    </section>
  );
}
