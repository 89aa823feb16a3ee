/** Columns that several lists have. Pure. */
import type { Column } from '../grid/column.ts';
import { SEVERITY_ICONS, SEVERITY_TONES } from '../parts/severity.ts';
import { clockText, durationText, secondsSince } from '../parts/text.ts';

/** What is not known, or does not apply. */
export const NONE = '–';

interface Placed {
  readonly interface: string | null;
  readonly vlan: number | null;
}

/** Where something was seen; nothing where the capture does not say. */
export function whereText({ interface: name, vlan }: Partial<Placed>): string {
  return [name ?? '', typeof vlan === 'number' ? `VLAN ${vlan}` : ''].filter((part) => part !== '').join(' ') || NONE;
}

export const whereColumn: Column<Placed> = {
  name: 'where',
  title: 'interface and VLAN that it was seen on',
  width: 'minmax(9ch, 16ch)',
  text: whereText,
  term: ({ interface: name }) => (name === null ? null : ['interface', name]),
  sort: 'interface',
};

/** Day and time of the reader's zone; the exact moment as a hint. */
export function timeColumn<Row>(name: string, title: string, of: (row: Row) => string | null, heading?: string): Column<Row> {
  return {
    name,
    title,
    ...(heading !== undefined && { heading }),
    width: { characters: 8 },
    text: (row, nowMillis) => momentText(of(row), nowMillis),
    hint: (row) => of(row) ?? '',
    sort: name,
  };
}

export function momentText(time: string | null, nowMillis: number): string {
  return time === null ? NONE : clockText(Date.parse(time), nowMillis);
}

export const addressColumn: Column<{ readonly address: string }> = {
  name: 'address',
  title: 'IP address',
  width: { characters: 16 },
  text: ({ address }) => address,
  term: ({ address }) => ['address', address],
  sort: 'address',
};

export const macColumn: Column<{ readonly mac: string | null }> = {
  name: 'mac',
  heading: 'MAC address',
  title: 'link-layer address; of an IP address, of who claimed it last',
  width: '18ch',
  text: ({ mac }) => mac ?? NONE,
  term: ({ mac }) => (mac === null ? null : ['mac', mac]),
  sort: 'mac',
};

/** How long ago, in the two largest units. */
export function agoColumn<Row>(name: string, title: string, of: (row: Row) => string | null, heading: string): Column<Row> {
  return {
    name,
    title,
    heading,
    width: '9ch',
    isNumber: true,
    text(row, nowMillis) {
      const time = of(row);
      return time === null ? NONE : `${durationText(secondsSince(time, nowMillis))} ago`;
    },
    hint: (row) => of(row) ?? '',
  };
}

export const severityColumn: Column<{ readonly severity: 'info' | 'warning' | 'critical' }> = {
  name: 'severity',
  title: 'how grave it is',
  width: '11ch',
  text: ({ severity }) => `${SEVERITY_ICONS[severity]} ${severity}`,
  term: ({ severity }) => ['severity', severity],
  sort: 'severity',
  tone: ({ severity }) => SEVERITY_TONES[severity],
};
