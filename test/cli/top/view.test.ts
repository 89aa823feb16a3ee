/** What the keys make of the state, and the state of the screen. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitted, plainText } from '../../../src/cli/styled.ts';
import { type Key, press } from '../../../src/cli/top/keys.ts';
import { firstState, type Look, sortOf, type TopState } from '../../../src/cli/top/state.ts';
import { view } from '../../../src/cli/top/view.ts';
import { connectionOf } from '../../../src/contract/connection.ts';
import { daemonsOf } from '../../../src/contract/daemon.ts';
import { eventOf } from '../../../src/contract/event.ts';
import { servicesOf } from '../../../src/contract/service.ts';
import { statusOf } from '../../../src/contract/status.ts';
import { virtualRoutersOf } from '../../../src/contract/vrrp.ts';
import { recorded } from '../../http/recorded.ts';
import { CAPTURE } from '../../http/serving.ts';

const monitor = await recorded('dr-v1-failover');
const nowMicros = monitor.clock.nowMicros ?? 0;
const slots = Array.from({ length: monitor.sessions.top }, (_, slot) => slot).filter((slot) => slot > 0 && monitor.sessions.inUse(slot));
const items = {
  services: servicesOf(monitor, nowMicros),
  connections: slots.map((slot) => connectionOf(monitor, slot, nowMicros)),
  events: monitor.events.recent.map(eventOf),
};

function lookAt(tab: TopState['tab']): Look {
  return {
    status: statusOf(monitor, nowMicros),
    captures: [CAPTURE],
    routers: virtualRoutersOf(monitor),
    daemons: daemonsOf(monitor, nowMicros),
    table: { tab, items: items[tab] } as Look['table'],
    packetsPerSecond: new Map([['eth0', 1234.4]]),
  };
}

const start = (columns = 80, rows = 24): TopState => ({ ...firstState('http://127.0.0.1:9852', columns, rows), look: lookAt('services') });
const screenOf = (state: TopState): string[] => view(state).map(plainText);
const character = (sequence: string): Key => ({ name: sequence, sequence });

/** The state after these keys; the table is looked up as a monitor would answer. */
function pressing(state: TopState, ...keys: Key[]): TopState {
  return keys.reduce((before, key) => {
    const next = press(before, key) ?? before;
    return next.tab === before.tab ? next : { ...next, look: lookAt(next.tab) };
  }, state);
}

describe('the screen', () => {
  test('has the health of the capture: rate, what was lost, how long ago', () => {
    // CAPTURE of serving.ts: dropped 3 and 0, the queue unknown.
    expect(screenOf(start())[1]).toMatch(/^from {2}up {2}1234 packets\/s {2}dropped 3 {2}last \d+\.\d s ago {2}eth0$/);
  });

  test('says that nothing is captured, and that nobody was heard', () => {
    const empty = { ...lookAt('services'), captures: [], routers: [], daemons: [] };
    const screen = screenOf({ ...start(), look: empty });
    expect(screen.slice(1, 4)).toEqual(['from  nothing is captured', 'vrrp  no virtual router was heard', 'sync  nobody sends']);
  });

  test('keeps the strips short when there are many', () => {
    const look = lookAt('services');
    const many = { ...look, routers: Array.from({ length: 30 }, () => look.routers[0]) };
    const screen = screenOf({ ...start(), look: many });
    expect(screen).toContain('      ... 27 more');
    expect(screen.some((line) => line.includes('-> 10.99.0.22:80'))).toBe(true);
  });

  test('is as large as the terminal, whatever is pressed', () => {
    const keys = fc.constantFrom(
      ...'123<>r/qjkx '.split('').map(character),
      { name: 'down' },
      { name: 'pagedown' },
      { name: 'return' },
      { name: 'tab' },
    );
    fc.assert(
      fc.property(
        fc.array(keys, { maxLength: 12 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (pressed, columns, rows) => {
          const screen = screenOf(pressing(start(columns, rows), ...pressed));
          expect(screen).toHaveLength(rows);
          for (const line of screen) expect(line.length).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  test('shows the filter being typed by its end, and a refusal in its place', () => {
    const typed = pressing(start(), character('/'), ...'dest == 10.99.0.22'.split('').map(character));
    expect(screenOf(typed).at(-1)).toBe('/ dest == 10.99.0.22 ');
    expect(screenOf({ ...start(), problem: 'a\x1b[2Jb' }).at(-1)).toBe('a\\x1b[2Jb');
  });
});

describe('keys', () => {
  test('sort by the columns, from the first to the last', () => {
    const sorts = ['', '>', '>>', '>>>', '>>>>', '>>><<<<<'].map((keys) =>
      sortOf(pressing(start(), ...keys.split('').filter(Boolean).map(character))),
    );
    expect(sorts).toEqual(['-active', '-inactive', '-new', '-share', '-share', '-active']);
    expect(sortOf(pressing(start(), character('r')))).toBe('active');
  });

  test('sorting turns the real servers of a service around', () => {
    const servers = (state: TopState) => screenOf(state).flatMap((line) => /-> (\S+)/.exec(line)?.[1] ?? []);
    const greatest = servers(start());
    expect(greatest).toHaveLength(2);
    expect(servers(pressing(start(), character('r')))).toEqual(greatest.toReversed());
  });

  test('a filter is taken by Enter, left by Escape, and taken away by Escape outside', () => {
    const typing = pressing(start(), character('/'), character('v'), character('q'));
    expect(typing).toMatchObject({ typed: 'vq', tabs: { services: { filter: '' } } });
    const taken = pressing(typing, { name: 'backspace' }, { name: 'return' });
    expect(taken).toMatchObject({ typed: null, tabs: { services: { filter: 'v' } } });
    expect(pressing(typing, { name: 'escape' }).tabs.services.filter).toBe('');
    expect(pressing(taken, { name: 'escape' }).tabs.services.filter).toBe('');
  });

  test('each table has its own filter and order', () => {
    const state = pressing(start(), character('>'), character('2'), character('/'), character('x'), { name: 'return' });
    expect(state.tabs).toMatchObject({ services: { order: 1, filter: '' }, connections: { order: 0, filter: 'x' } });
    expect(pressing(state, { name: 'tab' }).tab).toBe('events');
    expect(pressing(state, { name: 'tab', sequence: '\x1b[Z' }).tab).toBe('services');
  });

  test.each([[character('q')], [{ name: 'c', ctrl: true, sequence: '\x03' }]])('%j ends it', (key) => {
    expect(press(start(), key)).toBeNull();
  });

  test('while a filter is typed only Ctrl-C does', () => {
    const typing = pressing(start(), character('/'));
    expect(press(typing, character('q'))?.typed).toBe('q');
    expect(press(typing, { name: 'c', ctrl: true, sequence: '\x03' })).toBeNull();
  });
});

test('a line is cut between its parts and inside them', () => {
  const line = [{ text: 'abc' }, { text: 'def', style: 'red' }, { text: 'ghi' }] as const;
  expect([0, 2, 3, 5, 20].map((width) => plainText(fitted(line, width)))).toEqual(['', 'ab', 'abc', 'abcde', 'abcdefghi']);
});
