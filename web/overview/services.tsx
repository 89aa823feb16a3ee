/** The service tree of `ipvsadm -Ln`: each virtual service, below it its real servers. Only the rows in sight are drawn. */
import { useRef } from 'preact/hooks';
import type { Service } from '../../src/contract/service.ts';
import { countText } from '../parts/text.ts';
import { useVirtualRows } from '../parts/virtual-rows.ts';
import type { PageState } from '../shell/page-state.ts';
import type { ServiceRates } from './series.ts';
import { DestinationLine, ServiceLine } from './service-lines.tsx';
import { openServices, type ServiceRow, serviceRows, turn } from './service-rows.ts';
import './services.css';

const ROW_HEIGHT = 22;

interface ServicesProps {
  readonly page: PageState;
  /** Undefined: not known yet. */
  readonly services: readonly Service[] | undefined;
  /** By the id of the service. */
  readonly histories: ReadonlyMap<string, ServiceRates>;
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col" class="name">
          service / real server
        </th>
        <th scope="col" class="forward">
          forward
        </th>
        <th scope="col" class="number">
          active
        </th>
        <th scope="col" class="number">
          inact
        </th>
        <th scope="col" class="number">
          new/s
        </th>
        <th scope="col" class="share">
          share
        </th>
        <th scope="col" class="hour">
          new, last hour
        </th>
      </tr>
    </thead>
  );
}

interface Drawn {
  readonly service: Service;
  readonly rows: { readonly row: ServiceRow; readonly index: number }[];
}

/** The rows in sight, those of a service together. */
function drawn(rows: readonly ServiceRow[], indexes: readonly number[]): Drawn[] {
  const groups: Drawn[] = [];
  for (const index of indexes) {
    const row = rows[index];
    if (groups.at(-1)?.service !== row.service) groups.push({ service: row.service, rows: [] });
    groups.at(-1)?.rows.push({ row, index });
  }
  return groups;
}

/** Stands for rows out of sight. */
function Gap({ height }: { height: number }) {
  return height === 0 ? null : (
    <tbody aria-hidden="true">
      <tr>
        <td colSpan={7} style={{ height, padding: 0 }} />
      </tr>
    </tbody>
  );
}

function Tree({ page, services, histories }: ServicesProps & { services: readonly Service[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { open = '', shut = '' } = page.place.value.query;
  const rows = serviceRows(services, openServices(services, { open, shut }));
  const { indexes } = useVirtualRows({ count: rows.length, rowHeight: ROW_HEIGHT, scroller, headHeight: ROW_HEIGHT });

  function turnOver(id: string, isOpen: boolean): void {
    const turned = turn({ open, shut }, id, isOpen);
    page.setQuery({ open: turned.open || null, shut: turned.shut || null });
  }

  return (
    <div class="scroll" ref={scroller}>
      <table aria-rowcount={rows.length + 1}>
        <Head />
        <Gap height={(indexes[0] ?? 0) * ROW_HEIGHT} />
        {drawn(rows, indexes).map(({ service, rows: shown }) => (
          <tbody key={service.id} data-service={service.id}>
            {shown.map(({ row, index }) =>
              row.kind === 'service' ? (
                <ServiceLine
                  key={row.key}
                  index={index}
                  row={row}
                  page={page}
                  rates={histories.get(service.id)?.all}
                  onTurn={() => turnOver(service.id, row.isOpen)}
                />
              ) : (
                <DestinationLine key={row.key} index={index} row={row} page={page} rates={histories.get(service.id)} />
              ),
            )}
          </tbody>
        ))}
        <Gap height={(rows.length - 1 - (indexes.at(-1) ?? rows.length - 1)) * ROW_HEIGHT} />
      </table>
    </div>
  );
}

export function Services({ page, services, histories }: ServicesProps) {
  const real = services?.reduce((sum, { destinations }) => sum + destinations.length, 0) ?? 0;
  return (
    <section class="panel services" aria-labelledby="services-title">
      <h2 id="services-title">
        Services <span class="dim">{services ? `${countText(services.length)}, ${countText(real)} real servers` : 'unknown'}</span>
      </h2>
      {services && services.length > 0 && <Tree page={page} services={services} histories={histories} />}
      {services?.length === 0 && (
        <p class="empty">
          No service is known: no session was heard of yet. A director tells of a session in its sync after its first packets;{' '}
          <code>lvscope doctor</code> says whether sync reaches this host.
        </p>
      )}
    </section>
  );
}
