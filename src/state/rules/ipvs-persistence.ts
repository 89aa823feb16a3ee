/** Persistence: clients whose template says one real server, and who get another. */
import { type Address, addressText } from '../../../dissectors/address.ts';
import { FLAG } from '../../../dissectors/ipvs-record.ts';
import { IPPROTO_TCP } from '../../../dissectors/ipvs-states.ts';
import type { Binding } from '../bindings.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { markOf } from '../services.ts';
import { WORD, WORDS } from '../session-layout.ts';
import type { Move } from '../session-news.ts';
import type { Sighting } from '../sighting.ts';
import { Budget } from './budget.ts';
import { serverName, serviceName, serviceSubject } from './ipvs-words.ts';
import { Later } from './later.ts';

const LOOKS_A_SECOND = 500;
const FINDINGS_A_SECOND = 50;
const MOST_TEMPLATES = 65_536;
/** Sync comes up to 3 s late, so a template may have run out at the director that still lives here. */
const SYNC_DELAY_MICROS = 5_000_000;
const FTP_PORT = 21;
/** Invalidated: the kernel gives a template this port when its real server is gone. */
const NO_PORT = 65_535;
/** Netmasks of persistence other than whole addresses, by how many last bits they leave out. */
const MASKS = [8, 16, 24];

const persistBreak: Rule = {
  kind: 'ipvs.persist_break',
  severity: 'warning',
  rule: 'a record of a template that would have lived on names another real server than before',
  meaning: 'The client lost its persistence: its real server was taken out or set to weight 0. A backup keeps the template as it was.',
  advice:
    'Look whether the real server failed. After a failover backups send such clients to the old one, unless expire_quiescent_template is set.',
  needs: ['sync'],
  quietSeconds: 300,
};

const persistBypass: Rule = {
  kind: 'ipvs.persist_bypass',
  severity: 'warning',
  rule: 'a new session of a client that has a live template (same service and port, FTP, or firewall mark) goes to another real server than the template says',
  meaning: 'Persistence does not hold: what the client had on the other real server, such as a login, is not there.',
  advice:
    'Look whether two directors forward at once (ipvs.multi_master), and whether the service is set up alike on both (`ipvsadm -Ln --persistent-conn`).',
  needs: ['sync'],
  quietSeconds: 300,
};

interface Template {
  readonly slot: number;
  readonly ends: number;
  destination: string;
  readonly frames: number[];
}

interface Doubt {
  readonly template: Template;
  readonly binding: Binding;
  readonly client: string;
  readonly atMicros: number;
  readonly frame: number;
}

/** Of a template or of a session, the same for both: service without its clients. FTP has templates for any port. */
function serviceKey(binding: Binding): string {
  const { segment, proto, virtual, virtualPort, template } = binding;
  const mark = markOf(binding);
  if (mark > 0) return `${segment} mark ${mark}`;
  const port = template && virtualPort === 0 && proto === IPPROTO_TCP ? FTP_PORT : virtualPort;
  return `${segment} ${proto} ${addressText(virtual)} ${port}`;
}

/** The client as templates name it, the narrowest mask first. */
function clientsOf(client: Address): string[] {
  if (typeof client !== 'number') return [addressText(client)];
  return [addressText(client), ...MASKS.map((bits) => `${addressText(Math.floor(client / 2 ** bits) * 2 ** bits)}`)];
}

export const persistenceRules: RuleSet = {
  rules: [persistBreak, persistBypass],
  check(world) {
    const { sessions } = world;
    const { bindings } = sessions;
    const looks = new Budget(LOOKS_A_SECOND);
    const findings = new Budget(FINDINGS_A_SECOND);
    const templates = new Map<string, Template>();
    const later = new Later<Doubt>();

    const isAlive = ({ slot, ends }: Template): boolean => sessions.inUse(slot) && sessions.endsHash(slot) === ends;

    function noteMove(move: Move, { atMicros, frame }: Sighting, report: Report): void {
      const { binding, client, destination, destinationPort } = move;
      const before = bindings.all[binding];
      if (!before.template || destinationPort === NO_PORT) return;
      const known = templates.get(`${serviceKey(before)} ${addressText(client)}`);
      const isKnown = known?.destination === addressText(destination);
      if (known) known.destination = addressText(destination);
      // The row keeps its real server, so each record of the new one says the same again.
      if (isKnown || move.expiresAtMicros - atMicros < SYNC_DELAY_MICROS || !findings.take(atMicros)) return;
      const text = `${serviceName(before)}: the persistence of ${addressText(client)} moved from ${serverName(before)} to ${serverName({ destination, destinationPort })} before it ran out`;
      // By what it lived until now, and, where that is remembered, what made it.
      const latest = world.frameAt(move.lastSyncMicros);
      const frames = [...new Set([...(known?.frames ?? []), ...(latest === null ? [] : [latest]), frame])];
      report.raise(persistBreak, { atMicros, subject: serviceSubject(world, before), text, frames });
    }

    function enter(slot: number, binding: Binding, frame: number): void {
      // With a persistence engine it is not the client that persists.
      if (sessions.extra(slot)?.engine) return;
      const client = addressText(sessions.address(slot, 'client'));
      const key = `${serviceKey(binding)} ${client}`;
      templates.delete(key);
      if (templates.size >= MOST_TEMPLATES) for (const oldest of [...templates.keys()].slice(0, 1)) templates.delete(oldest);
      templates.set(key, { slot, ends: sessions.endsHash(slot), destination: addressText(binding.destination), frames: [frame] });
    }

    function compare(slot: number, binding: Binding, { atMicros, frame }: Sighting): void {
      const service = serviceKey(binding);
      const client = sessions.address(slot, 'client');
      const known = clientsOf(client).flatMap((text) => templates.get(`${service} ${text}`) ?? []);
      const template = known.find(isAlive);
      if (!template || template.destination === addressText(binding.destination)) return;
      const doubt = { template, binding, client: addressText(client), atMicros, frame };
      later.add(`${service} ${doubt.client}`, atMicros + SYNC_DELAY_MICROS, () => doubt);
    }

    function look(slot: number, sighting: Sighting): void {
      const { words } = sessions;
      const binding = bindings.all[words[slot * WORDS + WORD.binding]];
      if (words[slot * WORDS + WORD.flags] & FLAG.template) enter(slot, binding, sighting.frame);
      else if (templates.size > 0) compare(slot, binding, sighting);
    }

    /** The template may have come after the session, with the next datagram. */
    function judge({ template, binding, client, atMicros, frame }: Doubt, report: Report): void {
      if (!isAlive(template) || template.destination === addressText(binding.destination)) return;
      const text = `${serviceName(binding)}: a session of ${client} goes to ${serverName(binding)}, its template says ${template.destination}`;
      report.raise(persistBypass, { atMicros, subject: serviceSubject(world, binding), text, frames: [...template.frames, frame] });
    }

    return {
      sync(sighting, _daemon, report) {
        const { news } = sessions;
        if (news.moves.length > 0) for (const move of news.moves) noteMove(move, sighting, report);
        for (let i = 0; i < news.madeCount && looks.take(sighting.atMicros); i++)
          if (sessions.inUse(news.made[i])) look(news.made[i], sighting);
      },
      second(nowMicros, report) {
        for (const doubt of later.take(nowMicros)) judge(doubt, report);
      },
    };
  },
};
