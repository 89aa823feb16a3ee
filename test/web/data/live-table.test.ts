import { beforeEach, describe, expect, test } from 'vitest';
import type { LiveRequest } from '../../../src/contract/live.ts';
import { createLiveTable } from '../../../web/data/live-table.ts';
import type { Window } from '../../../web/data/window.ts';

const all: Window<'connections'> = { noun: 'connections', filter: {}, sort: null, offset: 0, limit: 10 };
const filtered = (state: string): Window<'connections'> => ({ ...all, filter: { state } });

describe('a table', () => {
  let sent: LiveRequest[];
  let made: ReturnType<typeof createLiveTable<'connections'>>;
  const lastAsked = (): string => sent.findLast((request) => request.type === 'subscribe')?.id ?? '';
  const shown = () => made.rows.value?.items.map(({ id }) => id);
  const snapshot = (id: string, ids: string[], seq = 0) =>
    made.subscriber.receive({
      type: 'snapshot',
      id,
      epoch: 'e',
      seq,
      resume: `of ${id}`,
      items: ids.map((i) => ({ id: i })),
      total: ids.length,
    });
  const delta = (id: string, seq: number, ids: string[]) =>
    made.subscriber.receive({ type: 'delta', id, seq, upsert: ids.map((i) => ({ id: i })), remove: [], total: 9 });
  const refuse = (id: string | null) => made.subscriber.receive({ type: 'error', id, code: 'bad_parameter', detail: 'no such state' });

  beforeEach(() => {
    sent = [];
    made = createLiveTable(all, (request) => sent.push(request));
    made.subscriber.start();
  });

  test('asks, and shows what is answered', () => {
    expect(sent).toEqual([{ type: 'subscribe', id: lastAsked(), noun: 'connections', filter: {}, offset: 0, limit: 10, everyMs: 250 }]);
    expect(shown()).toBeUndefined();
    snapshot(lastAsked(), ['a']);
    delta(lastAsked(), 1, ['b']);
    expect(shown()).toEqual(['a', 'b']);
  });

  test('asks anew, once, when a delta is missing', () => {
    const first = lastAsked();
    snapshot(first, ['a']);
    delta(first, 2, ['b']);
    delta(first, 3, ['c']);
    expect(sent.filter(({ type }) => type === 'subscribe')).toHaveLength(2);
    expect(shown()).toEqual(['a']);
    snapshot(lastAsked(), ['a', 'b', 'c']);
    expect(shown()).toEqual(['a', 'b', 'c']);
    expect(sent.at(-1)).toEqual({ type: 'unsubscribe', id: first });
  });

  test('a snapshot in between replaces everything', () => {
    snapshot(lastAsked(), ['a'], 4);
    snapshot(lastAsked(), ['x'], 9);
    delta(lastAsked(), 10, ['y']);
    expect(shown()).toEqual(['x', 'y']);
  });

  test('another filter keeps the rows until its own come', () => {
    const first = lastAsked();
    snapshot(first, ['a']);
    made.ask(filtered('UDP'));
    expect(sent.at(-1)).toMatchObject({ type: 'subscribe', filter: { state: 'UDP' } });
    delta(first, 1, ['b']);
    expect(shown()).toEqual(['a', 'b']);
    snapshot(lastAsked(), ['u']);
    delta(first, 2, ['c']);
    expect(shown()).toEqual(['u']);
  });

  test('a refused filter is said, and the rows before it stay up to date', () => {
    const first = lastAsked();
    snapshot(first, ['a']);
    made.ask(filtered('NONSENSE'));
    refuse(lastAsked());
    expect(made.fault.value).toBe('no such state');
    delta(first, 1, ['b']);
    expect(shown()).toEqual(['a', 'b']);
    made.ask(all);
    snapshot(lastAsked(), ['c']);
    expect(made.fault.value).toBeNull();
  });

  test('a filter refused on a new connection leaves no old rows', () => {
    snapshot(lastAsked(), ['a']);
    made.ask(filtered('NONSENSE'));
    refuse(lastAsked());
    made.subscriber.start();
    refuse(lastAsked());
    expect(shown()).toBeUndefined();
  });

  test('cut, it says what it has, and goes on with what it missed', () => {
    const first = lastAsked();
    snapshot(first, ['a']);
    delta(first, 1, ['b']);
    made.subscriber.start();
    expect(sent.at(-1)).toMatchObject({ type: 'subscribe', since: { epoch: 'e', seq: 1, resume: `of ${first}` } });
    delta(lastAsked(), 2, ['c']);
    delta(lastAsked(), 3, ['d']);
    expect(shown()).toEqual(['a', 'b', 'c', 'd']);
    expect(sent.filter(({ type }) => type === 'subscribe')).toHaveLength(2);
  });

  test('cut, it takes a snapshot when what it has is not known any more', () => {
    snapshot(lastAsked(), ['a'], 7);
    made.subscriber.start();
    snapshot(lastAsked(), ['x'], 0);
    delta(lastAsked(), 1, ['y']);
    expect(shown()).toEqual(['x', 'y']);
  });

  test('rows of another place in the list say so, and those shown say theirs until then', () => {
    const below = { ...all, sort: '-expires', offset: 500 };
    snapshot(lastAsked(), ['a']);
    made.ask(below);
    expect(sent.at(-1)).toMatchObject({ sort: '-expires', offset: 500, limit: 10 });
    expect(made.rows.value?.window).toBe(all);
    snapshot(lastAsked(), ['m']);
    expect(made.rows.value?.window).toBe(below);
  });

  test('cut while another window is asked for, it does not claim to have that one', () => {
    snapshot(lastAsked(), ['a']);
    made.ask(filtered('UDP'));
    made.subscriber.start();
    expect(sent.at(-1)).not.toHaveProperty('since');
    snapshot(lastAsked(), ['u']);
    expect(shown()).toEqual(['u']);
  });

  test('closed, it leaves nothing subscribed', () => {
    const first = lastAsked();
    snapshot(first, ['a']);
    made.ask(filtered('UDP'));
    const second = lastAsked();
    made.close();
    expect(sent.slice(-2)).toEqual([
      { type: 'unsubscribe', id: second },
      { type: 'unsubscribe', id: first },
    ]);
  });

  test('only the last of several filters in a row counts', () => {
    snapshot(lastAsked(), ['a']);
    made.ask(filtered('U'));
    const given = lastAsked();
    made.ask(filtered('UDP'));
    snapshot(given, ['x']);
    refuse(given);
    expect(shown()).toEqual(['a']);
    expect(made.fault.value).toBeNull();
    expect(sent).toContainEqual({ type: 'unsubscribe', id: given });
  });

  test.each([['of-another-table'], [null]])('answers to %s are not its own', (id) => {
    snapshot(lastAsked(), ['a']);
    refuse(id);
    if (id !== null) snapshot(id, ['x']);
    expect(shown()).toEqual(['a']);
    expect(made.fault.value).toBeNull();
  });
});
