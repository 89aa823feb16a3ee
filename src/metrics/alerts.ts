/** Alerts: how many burn, and how far the telling is. */
import type { Registry } from 'prom-client';
import type { Receiver } from '../contract/alert.ts';
import type { Scrape } from './context.ts';
import { addCounter, addGauge, type Sample, single } from './measure.ts';

export function collectAlerts(registry: Registry, { alerts }: Scrape): void {
  const name = 'lvscope_alerts';
  const ofEach = (value: (receiver: Receiver) => number) => (): Sample[] =>
    (alerts?.receivers() ?? []).map((receiver) => [{ receiver: receiver.id }, value(receiver)]);
  const numbers = () => alerts?.numbers() ?? null;
  addGauge(registry, { name: `${name}_active`, help: 'Alerts that burn now.', read: () => single(numbers()?.active ?? null) });
  addCounter(registry, {
    name: `${name}_suppressed_total`,
    help: 'Notifications not made because of a silence or maintenance window, or because the alert was flapping.',
    labels: ['cause'],
    read: () => Object.entries(numbers()?.suppressed ?? {}).map(([cause, count]): Sample => [{ cause }, count]),
  });
  addCounter(registry, {
    name: `${name}_overflowed_total`,
    help: 'News for which there was no room among the alerts.',
    read: () => single(numbers()?.overflowed ?? null),
  });
  addCounter(registry, {
    name: `${name}_notifications_total`,
    help: 'Notifications delivered.',
    labels: ['receiver'],
    read: ofEach(({ delivered }) => delivered),
  });
  addCounter(registry, {
    name: `${name}_failed_total`,
    help: 'Notifications given up: refused for good, too old, or no room.',
    labels: ['receiver'],
    read: ofEach(({ failed }) => failed),
  });
  addGauge(registry, {
    name: `${name}_queue_length`,
    help: 'Notifications that wait to be delivered.',
    labels: ['receiver'],
    read: ofEach(({ waiting }) => waiting),
  });
}
