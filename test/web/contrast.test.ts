import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../environment.ts';

const css = readFileSync(join(ROOT, 'web', 'page.css'), 'utf8');

const pairs = [...css.matchAll(/--([a-z]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)];
const light = new Map(pairs.map(([, name, colour]) => [name, colour]));
const dark = new Map(pairs.map(([, name, , colour]) => [name, colour]));

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** WCAG 2.2, contrast ratio. */
function contrast(a: string, b: string): number {
  const [darker, lighter] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
}

test('the formula is WCAG’s: black on white is 21, #767676 on white the known limit of 4.5', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

const INKS = ['text', 'dim', 'up', 'opening', 'closing', 'bad'];
const PAPERS = ['ground', 'panel', 'head', 'hover', 'came', 'changed'];

describe.each([
  ['dark', dark],
  ['light', light],
])('%s', (_, theme) => {
  test.each(INKS.flatMap((ink) => PAPERS.map((paper) => [ink, paper])))('%s on %s reaches AA (WCAG 2.2, 1.4.3)', (ink, paper) => {
    expect(contrast(theme.get(ink) ?? '', theme.get(paper) ?? '')).toBeGreaterThanOrEqual(4.5);
  });
  // What shows where the focus is: WCAG 2.2, 1.4.11.
  test.each(['ground', 'panel', 'hover'])('the focus ring stands out from %s', (paper) => {
    expect(contrast(theme.get('focus') ?? '', theme.get(paper) ?? '')).toBeGreaterThanOrEqual(3);
  });
});
