import { describe, expect, test } from 'vitest';
import { PAGE_PATHS } from '../../../src/http/page.ts';
import { hrefOf, PAGES, placeOf } from '../../../web/shell/place.ts';

const read = (href: string) => placeOf(new URL(href, 'http://lvscope.test'));

describe('an address', () => {
  test.each([
    ['/', { page: 'overview', id: null, query: {} }],
    [
      '/connections?state=ESTABLISHED&at=2026-11-21T05:24:00Z',
      { page: 'connections', id: null, query: { state: 'ESTABLISHED', at: '2026-11-21T05:24:00Z' } },
    ],
    ['/failovers/7-a%2Fb', { page: 'failovers', id: '7-a/b', query: {} }],
  ] as const)('%s', (href, place) => {
    expect(read(href)).toEqual(place);
    expect(read(hrefOf(place))).toEqual(place);
  });

  test('a moment that is none is not gone to', () => {
    expect(read('/events?kind=arp.new&at=%3Cb%3E')).toEqual({ page: 'events', id: null, query: { kind: 'arp.new' } });
  });

  test.each(['/api/v1/connections', '/metrics', '/docs', '/failovers/a/b', '/nonsense'])('%s is none of the page', (href) =>
    expect(read(href)).toBeNull(),
  );
});

test('the server answers at the address of every page', () => {
  const served = ['/', ...PAGE_PATHS].filter((path) => !path.includes(':'));
  expect(served.toSorted()).toEqual(PAGES.map((page) => hrefOf({ page })).toSorted());
});
