/** The small lists that go to the file beside the sessions, each only when it may have changed since it was last handed over. */
import type { Anomaly } from '../state/anomalies.ts';
import type { Daemon } from '../state/daemons.ts';
import type { Monitor } from '../state/monitor.ts';
import { listServices } from '../state/services.ts';
import type { Batch } from './batch.ts';

const SERVICES_EVERY_MILLIS = 1000;
/** Listing the services may take this part of the time at most, however many there are. */
const SERVICES_SHARE = 1 / 20;

export class Snapshots {
  #segments = 0;
  /** Datagrams of each daemon when it was last handed over. */
  #datagrams: number[] = [];
  #servicesAt = 0;
  #wantsAll = false;

  take(monitor: Monitor): Pick<Batch, 'segments' | 'daemons' | 'services' | 'anomalies' | 'atMicros'> {
    const { all } = monitor.segments;
    const segments = all.length > this.#segments ? [...all] : null;
    this.#segments = all.length;
    const anomalies = this.#changedAnomalies(monitor);
    this.#wantsAll = false;
    return {
      segments,
      daemons: this.#changedDaemons(monitor),
      services: this.#services(monitor),
      anomalies,
      atMicros: monitor.clock.nowMicros,
    };
  }

  /** What was taken did not arrive, or is not to be relied on: next time all of it is taken. */
  forget(): void {
    this.#segments = 0;
    this.#datagrams = [];
    this.#servicesAt = 0;
    this.#wantsAll = true;
  }

  #changedAnomalies({ anomalies }: Monitor): readonly Anomaly[] {
    const changed = anomalies.takeChanged();
    return this.#wantsAll ? [...anomalies.all] : changed;
  }

  #changedDaemons(monitor: Monitor): Daemon[] {
    const changed = monitor.daemons.all.filter((daemon) => daemon.datagrams !== this.#datagrams[daemon.index]);
    for (const { index, datagrams } of changed) this.#datagrams[index] = datagrams;
    return changed;
  }

  #services(monitor: Monitor): Batch['services'] {
    const start = performance.now();
    if (start < this.#servicesAt) return null;
    const services = listServices(monitor.sessions.bindings, monitor.clock.nowMicros ?? 0);
    const end = performance.now();
    this.#servicesAt = end + Math.max(SERVICES_EVERY_MILLIS, (end - start) / SERVICES_SHARE);
    return services;
  }
}
