/** What others said on the wire, on a terminal: nothing in it may steer the terminal, hide or turn around a line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable, printableJson } from '../../src/cli/printable.ts';
import { columns } from '../../src/cli/text.ts';

/** [what it would do, text, how it is shown] */
const HOSTILE: [string, string, string][] = [
  ['clear the screen (ECMA-48 ED)', 'a\x1b[2Jb', 'a\\x1b[2Jb'],
  ['set the title of the window (OSC)', '\x1b]0;root\x07', '\\x1b]0;root\\x07'],
  ['the same in controls of eight bits (CSI)', '\x9b2J', '\\x9b2J'],
  ['begin another line', 'one\r\ntwo', 'one\\x0d\\x0atwo'],
  ['rub out what was before', 'bad\b\b\bok', 'bad\\x08\\x08\\x08ok'],
  ['turn the line around (U+202E, Trojan Source)', 'a\u202egnp.exe', 'a\\u{202e}gnp.exe'],
  ['the same by isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['break the line (U+2028)', 'a\u2028b', 'a\\u{2028}b'],
  ['hide letters (tags, zero width)', 'a\u200b\u{e0041}b', 'a\\u{200b}\\u{e0041}b'],
  ['half a character', '\ud800', '\\u{d800}'],
];

test.each(HOSTILE)('%s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(columns(['head'], [[text]])[1]).toBe(shown);
});

test('letters of all languages stay', () => {
  for (const text of ['3cxw8@10.0.0.1', 'Zürich', '東京', 'Москва', 'שלום', '🙂']) expect(printable(text)).toBe(text);
});

test('JSON is the same JSON, whatever is in it, and has nothing that a terminal obeys', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = printableJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(printable(text)).toBe(text);
    }),
  );
});
