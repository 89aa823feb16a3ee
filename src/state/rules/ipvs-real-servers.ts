/** Real servers of a service: new ones, ones that get nothing any more, and how the new sessions spread over them. */
import type { Binding } from '../bindings.ts';
import { OVERFLOW_BINDING } from '../bindings.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { Held } from './held.ts';
import { MICROS, percent, serverName, serviceName, serviceSubject } from './ipvs-words.ts';

const MOST_SERVICES = 1024;
const MOST_SERVERS = 256;
/** A service is known once it is so old and so many new sessions a real server were seen. */
const SETTLED_SECONDS = 300;
const SETTLED_SESSIONS = 20;
const JUDGED_SECONDS = 10;
const GONE_SECONDS = 60;
/** It had so many itself before. */
const GONE_FEWEST = 10;
/** So many were its due by its share before; by chance that happens once in a million times (e to the power of -14). */
const GONE_DUE = 14;
const SKEW_SECONDS = 300;
const SKEW_FEWEST = 200;
/** Windows before one is judged. */
const SKEW_WINDOWS = 3;
const SKEW_BAND = 0.15;
/** In standard deviations of a share by chance. */
const SKEW_SIGMAS = 6;
const FORWARDS: Readonly<Record<number, string>> = { 0: 'masquerading', 2: 'tunnel', 3: 'direct routing' };

const rsNew: Rule = {
  kind: 'ipvs.rs_new',
  severity: 'info',
  rule: `the first session to a real server, of a service seen for ${SETTLED_SECONDS} s with ${SETTLED_SESSIONS} sessions for each real server known`,
  meaning: 'A real server was added, or put back after it had been out since lvscope began.',
  advice: 'None when it was planned.',
  needs: ['sync'],
  form: 'notice',
  quietSeconds: null,
};

const rsGone: Rule = {
  kind: 'ipvs.rs_gone',
  severity: 'warning',
  rule: `a real server got no new session for ${GONE_SECONDS} s, while ${GONE_DUE} or more would have been its due by its share before; of persistent services templates count`,
  meaning: 'It was taken out or set to weight 0: its health check failed, or somebody did it by hand.',
  advice: 'Look at `ipvsadm -Ln` on the master, the log of keepalived, and the real server itself.',
  needs: ['sync'],
  quietSeconds: null,
};

const skew: Rule = {
  kind: 'ipvs.skew',
  severity: 'info',
  rule: `the share of a real server in ${SKEW_FEWEST} or more new sessions of ${SKEW_SECONDS} s is off its average by more than ${percent(SKEW_BAND)} of all and ${SKEW_SIGMAS} standard deviations`,
  meaning: 'Weights were changed, or a scheduler that counts connections finds one real server slower or faster than before.',
  advice: 'Compare the weights (`ipvsadm -Ln`) and the load of the real servers.',
  needs: ['sync'],
  quietSeconds: null,
};

const fwdMix: Rule = {
  kind: 'ipvs.fwd_mix',
  severity: 'warning',
  rule: 'sessions of one service to one real server come with two forwarding methods; not counted: the director itself as real server, and bypass',
  meaning: 'The directors are set up differently: after a failover one of the methods does not fit the real server, and its sessions fail.',
  advice: 'Set the same method (`-g`, `-i`, `-m`; lvs_method of keepalived) for the real server on all directors.',
  needs: ['sync'],
  quietSeconds: 3600,
};

interface Server {
  readonly name: string;
  readonly bindings: number[];
  /** Count of the service when its own grew last, and when that was. */
  countThen: number;
  count: number;
  grewMicros: number;
  isGone: boolean;
  /** At the begin of the window. */
  windowCount: number;
  /** Average over windows; null: none yet. */
  share: number | null;
}

interface Service {
  readonly binding: Binding;
  readonly sinceMicros: number;
  readonly servers: Map<string, Server>;
  persistent: boolean;
  windows: number;
}

export const realServerRules: RuleSet = {
  rules: [rsNew, rsGone, skew, fwdMix],
  check(world) {
    const { bindings } = world.sessions;
    const services = new Map<string, Service>();
    /** By index of a binding: the frame that showed it first. */
    const frames: number[] = [];
    const gone = new Held(rsGone);
    const skewed = new Held(skew);
    /** The overflow binding is none of a service. */
    let known = OVERFLOW_BINDING + 1;
    let latestFrame = 0;

    /** New sessions or, where clients persist, new templates: only they are distributed. */
    function countOf(service: Service, server: Server): number {
      let count = 0;
      for (const index of server.bindings) if (bindings.all[index].template === service.persistent) count += bindings.all[index].created;
      return count;
    }

    const totalOf = (service: Service): number => [...service.servers.values()].reduce((sum, server) => sum + countOf(service, server), 0);

    /** Shares of before say nothing of other real servers. */
    function restart(service: Service): void {
      service.windows = 0;
      for (const server of service.servers.values()) {
        server.share = null;
        server.windowCount = countOf(service, server);
      }
    }

    function noteForward(server: Server, index: number, atMicros: number, report: Report): void {
      const binding = bindings.all[index];
      const other = server.bindings.find((one) => bindings.all[one].forward !== binding.forward && FORWARDS[bindings.all[one].forward]);
      if (other === undefined || !FORWARDS[binding.forward]) return;
      const methods = `${FORWARDS[bindings.all[other].forward]} and ${FORWARDS[binding.forward]}`;
      const text = `${serviceName(binding)}: sessions to ${server.name} come with ${methods}`;
      const shown = [...new Set([frames[other], frames[index]])];
      report.raise(fwdMix, { atMicros, subject: serviceSubject(world, binding, server.name), text, frames: shown });
    }

    function addServer(service: Service, binding: Binding, index: number, atMicros: number, report: Report): Server | null {
      if (service.servers.size >= MOST_SERVERS) return null;
      const name = serverName(binding);
      const total = totalOf(service);
      const isSettled = atMicros - service.sinceMicros >= SETTLED_SECONDS * MICROS && total >= SETTLED_SESSIONS * service.servers.size;
      const server = { name, bindings: [], countThen: total, count: 0, grewMicros: atMicros, isGone: false, windowCount: 0, share: null };
      service.servers.set(name, server);
      restart(service);
      if (isSettled) {
        const text = `${serviceName(binding)}: first session to ${name}, besides ${service.servers.size - 1} real servers known`;
        report.raise(rsNew, { atMicros, subject: serviceSubject(world, binding, name), text, frames: [frames[index]] });
      }
      return server;
    }

    function enter(index: number, atMicros: number, report: Report): void {
      const binding = bindings.all[index];
      const key = `${binding.segment} ${serviceName(binding)}`;
      let service = services.get(key);
      if (!service) {
        if (services.size >= MOST_SERVICES) return;
        service = { binding, sinceMicros: atMicros, servers: new Map(), persistent: false, windows: 0 };
        services.set(key, service);
      }
      if (binding.template && !service.persistent) {
        service.persistent = true;
        restart(service);
      }
      const server = service.servers.get(serverName(binding)) ?? addServer(service, binding, index, atMicros, report);
      if (!server) return;
      noteForward(server, index, atMicros, report);
      server.bindings.push(index);
    }

    /** FTP and port-zero services have their templates under port 0. */
    function isPersistentElsewhere({ binding, persistent }: Service): boolean {
      return !persistent && services.has(`${binding.segment} ${serviceName({ ...binding, virtualPort: 0 })}`) && binding.virtualPort !== 0;
    }

    function judgeGone(service: Service, nowMicros: number, report: Report): void {
      const total = totalOf(service);
      for (const server of service.servers.values()) {
        const count = countOf(service, server);
        const subject = serviceSubject(world, service.binding, server.name);
        if (count !== server.count) {
          server.count = count;
          server.countThen = total;
          server.grewMicros = nowMicros;
          if (server.isGone) restart(service);
          server.isGone = false;
          gone.clear(report, subject, nowMicros);
          continue;
        }
        const due = server.countThen > 0 ? ((total - server.countThen) * count) / server.countThen : 0;
        const silentMicros = nowMicros - server.grewMicros;
        if (server.isGone || count < GONE_FEWEST || due < GONE_DUE || silentMicros < GONE_SECONDS * MICROS) continue;
        server.isGone = true;
        restart(service);
        const text = `${serviceName(service.binding)}: no new session to ${server.name} for ${Math.round(silentMicros / MICROS)} s, while its peers got ${total - server.countThen}; its share before was ${percent(count / server.countThen)}`;
        gone.raise(report, {
          atMicros: nowMicros,
          subject,
          text,
          frames: [...server.bindings.map((index) => frames[index]).slice(0, 8), latestFrame],
        });
      }
    }

    function judgeShares(service: Service, nowMicros: number, report: Report): void {
      const servers = [...service.servers.values()].map((server) => ({ server, added: countOf(service, server) - server.windowCount }));
      const all = servers.reduce((sum, { added }) => sum + added, 0);
      if (all < SKEW_FEWEST) return;
      service.windows++;
      for (const { server, added } of servers) {
        judgeShare(service, server, added / all, all, nowMicros, report);
        server.windowCount += added;
      }
    }

    function judgeShare(service: Service, server: Server, share: number, all: number, nowMicros: number, report: Report): void {
      const average = server.share ?? share;
      server.share = average + (share - average) / Math.min(service.windows, SKEW_WINDOWS + 1);
      if (service.windows <= SKEW_WINDOWS) return;
      const band = Math.max(SKEW_BAND, SKEW_SIGMAS * Math.sqrt((average * (1 - average)) / all));
      const subject = serviceSubject(world, service.binding, server.name);
      if (Math.abs(share - average) <= band) {
        skewed.clear(report, subject, nowMicros);
        return;
      }
      const text = `${serviceName(service.binding)}: ${server.name} got ${percent(share)} of ${all} new sessions, ${percent(average)} on average before`;
      skewed.raise(report, { atMicros: nowMicros, subject, text, frames: [latestFrame] });
    }

    return {
      sync({ atMicros, frame }, _daemon, report) {
        latestFrame = frame;
        for (; known < bindings.all.length; known++) {
          frames[known] = frame;
          enter(known, atMicros, report);
        }
      },
      second(nowMicros, report) {
        const second = nowMicros / MICROS;
        if (second % JUDGED_SECONDS !== 0) return;
        for (const service of services.values()) {
          if (isPersistentElsewhere(service)) continue;
          judgeGone(service, nowMicros, report);
          if (second % SKEW_SECONDS === 0) judgeShares(service, nowMicros, report);
        }
      },
    };
  },
};
