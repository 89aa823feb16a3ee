/** What stands around every page: where one can go, which moment is shown, whether that is up to date. */
import type { ComponentType } from 'preact';
import { Connections } from '../connections/connections.tsx';
import { Failovers } from '../failovers/failovers.tsx';
import { Overview } from '../overview/overview.tsx';
import { Anomalies } from '../tables/anomalies.tsx';
import { Daemons } from '../tables/daemons.tsx';
import { Events } from '../tables/events.tsx';
import { Groups } from '../tables/groups.tsx';
import { Neighbors } from '../tables/neighbors.tsx';
import { Vrrp } from '../vrrp/vrrp.tsx';
import { Help } from './help.tsx';
import { LinkState } from './link-state.tsx';
import { Navigation } from './navigation.tsx';
import type { PageState } from './page-state.ts';
import type { PageName } from './place.ts';
import { ThemeButton } from './theme-button.tsx';
import { TimeControl } from './time-control.tsx';
import './shell.css';

const VIEWS: Readonly<Record<PageName, ComponentType<{ page: PageState }>>> = {
  overview: Overview,
  connections: Connections,
  vrrp: Vrrp,
  failovers: Failovers,
  neighbors: Neighbors,
  groups: Groups,
  daemons: Daemons,
  events: Events,
  anomalies: Anomalies,
};

/** Links to pages are followed without loading anything; new windows and other buttons are the browser's. */
function followOf(page: PageState) {
  return (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || link.hasAttribute('download') || !page.isOurs(link.href)) return;
    event.preventDefault();
    page.follow(link.href);
  };
}

export function Shell({ page }: { page: PageState }) {
  const place = page.place.value;
  const View = VIEWS[place.page];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the links inside are what is clicked
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on a link is a click
    <div class={`page ${page.link.value.phase}${page.moment.value === null ? '' : ' past'}`} onClick={followOf(page)}>
      <header class="top">
        <h1>
          <a href={page.hrefOf('overview')}>lvscope</a>
        </h1>
        <Navigation page={page} />
        <LinkState page={page} />
        <ThemeButton />
        <Help />
      </header>
      <TimeControl page={page} />
      <main key={`${place.page}/${place.id ?? ''}`}>
        <View page={page} />
      </main>
    </div>
  );
}
