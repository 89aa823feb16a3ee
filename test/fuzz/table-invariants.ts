/** What holds of the connection table at any moment. */
import { FLAG } from '../../dissectors/ipvs-record.ts';
import { ROW, stateKey, WORD, WORDS } from '../../src/state/session-layout.ts';
import type { Sessions } from '../../src/state/sessions.ts';
import { must } from './must.ts';

export function checkTable(sessions: Sessions): void {
  const { live, counters, words, top, maxSessions, stateCounts, bindings } = sessions;
  must(live <= maxSessions, 'the table holds no more than its bound');
  const gone = counters.expired + counters.moved + counters.evicted;
  must(counters.created === live + gone, 'what was made is there, has expired, has moved or made room');
  const done = counters.created + counters.updated + counters.ignored + counters.refused;
  must(done <= counters.records, 'a record does one thing at most');
  const tally = { live: 0, active: 0, inactive: 0, persistent: 0 };
  const states = new Map<number, number>();
  for (let slot = 1; slot < top; slot++) {
    if (!sessions.inUse(slot)) continue;
    tally.live++;
    const flags = words[slot * WORDS + WORD.flags];
    tally[flags & FLAG.template ? 'persistent' : flags & FLAG.inactive ? 'inactive' : 'active']++;
    const key = stateKey(words, slot * WORDS);
    states.set(key, (states.get(key) ?? 0) + 1);
    must(words[slot * WORDS + WORD.timeout] > 0, 'a session has a timeout');
    must((flags & ROW.extra) === 0 || sessions.extra(slot) !== undefined, 'what is beside a row is there');
  }
  must(tally.live === live, 'as many rows are in use as are counted');
  for (const [key, count] of states) must(stateCounts[key] === count, 'sessions by state add up');
  const sum = (of: 'active' | 'inactive' | 'persistent') => bindings.all.reduce((total, binding) => total + (binding?.[of] ?? 0), 0);
  must(sum('active') === tally.active, 'active sessions add up');
  must(sum('inactive') === tally.inactive, 'inactive sessions add up');
  must(sum('persistent') === tally.persistent, 'templates add up');
  must(
    bindings.all.every((binding) => !binding || Math.min(binding.active, binding.inactive, binding.persistent) >= 0),
    'no binding has less than nothing',
  );
}
