/** The pages, and the keys that lead to them. */
import { usePageKeys } from './keys.ts';
import type { PageState } from './page-state.ts';
import type { PageName } from './place.ts';

export const NAVIGATION: readonly { readonly page: PageName; readonly title: string; readonly key: string }[] = [
  { page: 'overview', title: 'Overview', key: 'o' },
  { page: 'connections', title: 'Connections', key: 'c' },
  { page: 'vrrp', title: 'VRRP', key: 'v' },
  { page: 'failovers', title: 'Failovers', key: 'f' },
  { page: 'events', title: 'Events', key: 'e' },
  { page: 'anomalies', title: 'Anomalies', key: 'a' },
  { page: 'daemons', title: 'Daemons', key: 'd' },
  { page: 'neighbors', title: 'Neighbors', key: 'n' },
  { page: 'groups', title: 'Groups', key: 'm' },
];

export function Navigation({ page }: { page: PageState }) {
  usePageKeys((key) => {
    const to = NAVIGATION.find((one) => key === `g ${one.key}`);
    if (to) page.follow(page.hrefOf(to.page));
    return to !== undefined;
  });

  return (
    <nav aria-label="pages">
      {NAVIGATION.map(({ page: name, title, key }) => (
        <a key={name} href={page.hrefOf(name)} aria-current={page.place.value.page === name ? 'page' : undefined} title={`g ${key}`}>
          {title}
        </a>
      ))}
    </nav>
  );
}
