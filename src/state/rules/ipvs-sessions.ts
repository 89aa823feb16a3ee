/** Sessions that do what sessions should not: change their real server, outlive their timeout, show only when they close. */
import { addressText } from '../../../dissectors/address.ts';
import { FLAG } from '../../../dissectors/ipvs-record.ts';
import { IPPROTO_TCP, protoName, stateName } from '../../../dissectors/ipvs-states.ts';
import type { Daemon } from '../daemons.ts';
import type { Report, Rule, RuleSet } from '../rule.ts';
import { ROW, WORD, WORDS } from '../session-layout.ts';
import type { Move } from '../session-news.ts';
import type { Sighting } from '../sighting.ts';
import { Budget } from './budget.ts';
import { Held } from './held.ts';
import { daemonSubject, MICROS, percent, serverName, serviceName, serviceSubject } from './ipvs-words.ts';
import { SessionFrames } from './session-frames.ts';

/** New sessions looked at in a second; of more, the first. */
const LOOKS_A_SECOND = 500;
const FINDINGS_A_SECOND = 50;
/** So many sessions of a state with one timeout make it the sender's. */
const TIMEOUT_SURE = 3;
/** A session that controls others and cannot end yet is armed anew with this (kernel `ip_vs_conn_expire`). */
const CONTROLLER_SECONDS = 60;
/** Later than this the same ports may well be used for something new. */
const GHOST_SECONDS = 6 * 3600;
const CLOSE_WINDOW_SECONDS = 60;
const CLOSE_FEWEST = 50;
const CLOSE_SHARE = 0.5;
/** At first all sessions are new here that were there before, and of those that end just the end is seen. */
const START_SECONDS = 120;
const MOST_SERVICES = 4096;
const ESTABLISHED = 1;
/** FIN_WAIT, TIME_WAIT, CLOSE and CLOSE_WAIT. */
const CLOSING: ReadonlySet<number> = new Set([4, 5, 6, 7]);

const destChange: Rule = {
  kind: 'ipvs.dest_change',
  severity: 'warning',
  rule: 'an active record of a session that had not been closed names another real server than before',
  meaning: 'The session was cut: its real server was taken out (expire_nodest_conn), or the director had lost its table and chose anew.',
  advice: 'Look whether the real server failed; after a failover, whether the backup had the sessions (ipvs.no_backup, ipvs.loss).',
  needs: ['sync'],
  quietSeconds: 60,
};

const timeoutOdd: Rule = {
  kind: 'ipvs.timeout_odd',
  severity: 'info',
  rule: `a new session comes with another timeout than the ${TIMEOUT_SURE} or more of this sender, protocol and state before it (version 1; not templates, not what it learnt by sync, not ${CONTROLLER_SECONDS} s, which a controlling session is armed with)`,
  meaning: 'Somebody set the timeouts anew; sessions on the backup keep those that came with them.',
  advice: 'Set the same on all directors: `ipvsadm --set TCP TCPFIN UDP`, and look at them with `ipvsadm -l --timeout`.',
  needs: ['sync'],
  quietSeconds: 300,
};

const ghostLong: Rule = {
  kind: 'ipvs.ghost_long',
  severity: 'info',
  rule: 'an established TCP session that had run out here is synced as established again, with the same real server',
  meaning:
    'It had lived on at the director, where every packet starts the timer anew; we, and every backup, start it with each sync only. A failover meanwhile would have cut it.',
  advice:
    'Set `net.ipv4.vs.sync_refresh_period` so that quiet sessions are synced in time. With sync version 0, which carries no timeouts, use version 1.',
  needs: ['sync'],
  quietSeconds: 300,
};

const closeOnly: Rule = {
  kind: 'ipvs.close_only',
  severity: 'info',
  rule: `of ${CLOSE_FEWEST} or more new TCP sessions of a service in ${CLOSE_WINDOW_SECONDS} s, more than ${percent(CLOSE_SHARE)} are first seen when they close; not in the first ${START_SECONDS} s`,
  meaning: 'The threshold of the sync is too high for these short sessions: the backup hears of them only when they are over.',
  advice: 'Lower the first number of `net.ipv4.vs.sync_threshold` (default 3 packets), if such sessions are to survive a failover.',
  needs: ['sync'],
  quietSeconds: null,
};

/** Of one sender, protocol and state. */
interface Timeouts {
  usual: number;
  times: number;
  /** The latest frames with it. */
  frames: number[];
  other: number;
  otherTimes: number;
}

interface Window {
  readonly binding: number;
  all: number;
  closing: number;
  frames: number[];
}

export const sessionRules: RuleSet = {
  rules: [destChange, timeoutOdd, ghostLong, closeOnly],
  check(world) {
    const { sessions } = world;
    const { bindings } = sessions;
    const looks = new Budget(LOOKS_A_SECOND);
    const findings = new Budget(FINDINGS_A_SECOND);
    const made = new SessionFrames();
    const timeouts = new Map<number, Timeouts>();
    const windows = new Map<string, Window>();
    const closing = new Held(closeOnly);
    let beganMicros: number | null = null;

    function noteMove(
      { binding, ends, client, isActive, destination, destinationPort }: Move,
      { atMicros, frame }: Sighting,
      report: Report,
    ) {
      const before = bindings.all[binding];
      if (before.template || !isActive || !findings.take(atMicros)) return;
      const text = `${serviceName(before)}: the session of ${addressText(client)} moved from ${serverName(before)} to ${serverName({ destination, destinationPort })} without being closed`;
      report.raise(destChange, { atMicros, subject: serviceSubject(world, before), text, frames: [...made.of(ends), frame] });
    }

    function noteTimeout(slot: number, daemon: Daemon, { atMicros, frame }: Sighting, report: Report): void {
      const { words } = sessions;
      const seconds = words[slot * WORDS + WORD.timeout];
      const packed = words[slot * WORDS + WORD.destinationPortProtoState] & 0xffff;
      const key = daemon.index * 65_536 + packed;
      const known = timeouts.get(key);
      if (!known) {
        timeouts.set(key, { usual: seconds, times: 1, frames: [frame], other: 0, otherTimes: 0 });
        return;
      }
      if (seconds === known.usual) {
        known.times++;
        known.otherTimes = 0;
        known.frames = [...known.frames, frame].slice(-TIMEOUT_SURE);
        return;
      }
      if (seconds === CONTROLLER_SECONDS) return;
      known.otherTimes = seconds === known.other ? known.otherTimes + 1 : 1;
      known.other = seconds;
      if (known.times >= TIMEOUT_SURE && findings.take(atMicros)) {
        const what = `${protoName(packed >>> 8)} sessions in state ${stateName(packed >>> 8, false, packed & 0xff)}`;
        const text = `${addressText(daemon.address)} syncs ${what} with a timeout of ${seconds} s, before with ${known.usual} s`;
        report.raise(timeoutOdd, { atMicros, subject: daemonSubject(world, daemon), text, frames: [...new Set([...known.frames, frame])] });
      }
      if (known.otherTimes < TIMEOUT_SURE) return;
      timeouts.set(key, { usual: seconds, times: known.otherTimes, frames: [frame], other: 0, otherTimes: 0 });
    }

    function noteGhost(slot: number, ends: number, daemon: Daemon, { atMicros, frame }: Sighting, report: Report): void {
      const ranOut = sessions.runOut.secondsOf(ends, sessions.destinationHash(slot));
      if (ranOut === null) return;
      const after = Math.floor(atMicros / MICROS) - ranOut;
      if (after < 0 || after > GHOST_SECONDS || !findings.take(atMicros)) return;
      const service = serviceName(bindings.all[sessions.words[slot * WORDS + WORD.binding]]);
      const text = `${service}: the session of ${addressText(sessions.address(slot, 'client'))} is synced again ${after} s after it had run out here`;
      report.raise(ghostLong, { atMicros, subject: daemonSubject(world, daemon), text, frames: [...made.of(ends), frame] });
    }

    function noteFirstState(binding: number, state: number, { atMicros, frame }: Sighting): void {
      beganMicros ??= atMicros;
      if (atMicros - beganMicros < START_SECONDS * MICROS) return;
      const name = `${bindings.all[binding].segment} ${serviceName(bindings.all[binding])}`;
      let window = windows.get(name);
      if (!window) {
        if (windows.size >= MOST_SERVICES) return;
        window = { binding, all: 0, closing: 0, frames: [] };
        windows.set(name, window);
      }
      window.all++;
      if (!CLOSING.has(state)) return;
      window.closing++;
      if (window.frames.length < 8 && window.frames.at(-1) !== frame) window.frames.push(frame);
    }

    function look(slot: number, daemon: Daemon, sighting: Sighting, report: Report): void {
      const { words } = sessions;
      const row = slot * WORDS;
      const flags = words[row + WORD.flags];
      const ends = sessions.endsHash(slot);
      const packed = words[row + WORD.destinationPortProtoState] & 0xffff;
      if (!(flags & FLAG.template)) {
        if (daemon.version === 1 && !(flags & ROW.synced)) noteTimeout(slot, daemon, sighting, report);
        if (packed === ((IPPROTO_TCP << 8) | ESTABLISHED)) noteGhost(slot, ends, daemon, sighting, report);
        if (packed >>> 8 === IPPROTO_TCP) noteFirstState(words[row + WORD.binding], packed & 0xff, sighting);
      }
      made.note(ends, sighting.frame);
    }

    function closeWindow({ binding, all, closing: ended, frames }: Window, nowMicros: number, report: Report): void {
      if (all < CLOSE_FEWEST) return;
      const subject = serviceSubject(world, bindings.all[binding]);
      if (ended <= CLOSE_SHARE * all) {
        closing.clear(report, subject, nowMicros);
        return;
      }
      const text = `${serviceName(bindings.all[binding])}: ${ended} of ${all} new sessions in ${CLOSE_WINDOW_SECONDS} s were first seen when they closed`;
      closing.raise(report, { atMicros: nowMicros, subject, text, frames });
    }

    return {
      sync(sighting, index, report) {
        const { news } = sessions;
        if (news.moves.length > 0) for (const move of news.moves) noteMove(move, sighting, report);
        if (news.madeCount === 0) return;
        const daemon = world.daemons.all[index];
        for (let i = 0; i < news.madeCount && looks.take(sighting.atMicros); i++)
          if (sessions.inUse(news.made[i])) look(news.made[i], daemon, sighting, report);
      },
      second(nowMicros, report) {
        if ((nowMicros / MICROS) % CLOSE_WINDOW_SECONDS !== 0) return;
        for (const window of windows.values()) closeWindow(window, nowMicros, report);
        windows.clear();
      },
    };
  },
};
