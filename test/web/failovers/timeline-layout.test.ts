import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../../web/failovers/timeline.ts';
import { LABEL_GAP_PX, LETTER_PX, type TimelineLayout, timelineLayout } from '../../../web/failovers/timeline-layout.ts';

function step(atMillis: number, label: string, kind: Step['kind'] = 'event'): Step {
  return { key: `${atMillis} ${label}`, atMillis, at: '', label, text: '', tone: 'info', kind, eventId: null };
}

interface Rectangle {
  readonly left: number;
  readonly right: number;
  readonly row: number;
}

/** Each line of each label, as it is drawn. */
const lines = ({ marks }: TimelineLayout): Rectangle[] =>
  marks.flatMap(({ x, label }) =>
    (label?.lines ?? []).map((line, i) => {
      const length = line.label.length * LETTER_PX;
      const left = label?.anchor === 'start' ? x + LABEL_GAP_PX : x - LABEL_GAP_PX - length;
      return { left, right: left + length, row: (label?.row ?? 0) + i };
    }),
  );

/** From each mark down to the last line of its label. */
const leaders = ({ marks }: TimelineLayout): { x: number; rows: number }[] =>
  marks.flatMap(({ x, label }) => (label ? [{ x, rows: label.row + label.lines.length }] : []));

const steps = fc
  .array(fc.record({ atMillis: fc.double({ min: -4000, max: 900_000, noNaN: true }), label: fc.string({ minLength: 1, maxLength: 60 }) }), {
    maxLength: 60,
  })
  .map((all) => [step(0, '10.0.0.2 is master', 'change'), ...all.map(({ atMillis, label }) => step(atMillis, label))])
  .map((all) => all.sort((a, b) => a.atMillis - b.atMillis));
const width = fc.constantFrom(350, 840);

describe('whatever happened', () => {
  test('no label lies over another, or over the line to another, or beyond the edges', () => {
    fc.assert(
      fc.property(steps, width, (all, px) => {
        const layout = timelineLayout(all, px);
        const drawn = lines(layout);
        for (const [i, a] of drawn.entries()) {
          expect(a.left).toBeGreaterThanOrEqual(0);
          expect(a.right).toBeLessThanOrEqual(px);
          expect(a.row).toBeLessThan(layout.rows);
          for (const b of drawn.slice(i + 1)) expect(a.row !== b.row || a.right <= b.left || b.right <= a.left).toBe(true);
          for (const { x, rows } of leaders(layout)) expect(x > a.left && x < a.right && rows > a.row).toBe(false);
        }
      }),
    );
  });

  test('time goes to the right, every step has a mark, and scale texts do not touch', () => {
    fc.assert(
      fc.property(steps, width, (all, px) => {
        const { marks, ticks } = timelineLayout(all, px);
        expect(marks.flatMap((mark) => mark.steps)).toEqual(all);
        for (const [i, mark] of marks.slice(1).entries()) expect(mark.x).toBeGreaterThan(marks[i].x);
        for (const { x } of marks) expect(x).toBeGreaterThanOrEqual(0);
        for (const { x } of marks) expect(x).toBeLessThanOrEqual(px + 1e-6);
        for (const [i, { x, text }] of ticks.slice(1).entries())
          expect(x - ticks[i].x).toBeGreaterThan(((text.length + ticks[i].text.length) / 2) * LETTER_PX);
      }),
    );
  });
});

// keepalived's failover in dr-v1-failover.pcap, by tshark: priority 0 at 28.018819, first advert at 28.668285, gratuitous ARP 0.6 ms later.
const FAILOVER = [
  step(-649.466, '10.99.0.11 resigned'),
  step(-627.359, '10.99.0.11 left the VRRP group'),
  step(0, '10.99.0.12 is master', 'change'),
  step(0.648, '10.99.0.100 announced', 'announcement'),
  step(8362.944, '10.99.0.12 sends connection sync'),
  step(11_992.925, 'report closed: 0 of 32 sessions seen again', 'end'),
];

test.each([350, 840])('at %i px each thing of a failover has its label, milliseconds stand apart from seconds', (px) => {
  const { marks, ticks, xOf } = timelineLayout(FAILOVER, px);
  expect(marks.flatMap(({ label }) => label?.lines.map((line) => line.label) ?? [])).toEqual(FAILOVER.map(({ label }) => label));
  expect(ticks.map(({ text }) => text)).toContain('change');
  expect(xOf(0.648) - xOf(0)).toBeGreaterThan(px / 50);
  expect(xOf(1000) - xOf(100)).toBeCloseTo(xOf(-100) - xOf(-1000), 6);
});

test('many addresses announced at once are told by their number', () => {
  const announced = Array.from({ length: 20 }, (_, i) => step(1.2 + i / 1000, `10.0.0.${i} announced`, 'announcement'));
  const { marks } = timelineLayout([step(0, '10.0.0.2 is master', 'change'), ...announced, step(900_000, 'report closed', 'end')], 840);
  expect(marks.map(({ label }) => label?.lines.map((line) => line.label))).toEqual([
    ['10.0.0.2 is master'],
    ['20 addresses announced'],
    ['report closed'],
  ]);
});

test('a label that has room is whole, one that has none is cut', () => {
  const text = (label: string, px: number) =>
    timelineLayout([step(0, label, 'change'), step(10, 'report closed', 'end')], px).marks[0].label?.lines[0].label;
  for (let letters = 1; letters < 40; letters++) expect(text('x'.repeat(letters), 840)).toBe('x'.repeat(letters));
  expect(text('x'.repeat(200), 840)).toMatch(/^x+\u2026$/);
});
