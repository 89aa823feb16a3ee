import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { expect, test } from 'vitest';
import { addressOf, storedAddress, textWords, wordsText } from '../../src/store/stored-address.ts';

// Spellings from RFC 5952 sections 4.2.2, 4.2.3 and 5, and RFC 4291 section 2.2.
test.each([
  { text: '2001:db8:0:1:1:1:1:1', words: [0x20010db8, 0x00000001, 0x00010001, 0x00010001] },
  { text: '2001:0:0:1::1', words: [0x20010000, 0x00000001, 0, 1] },
  { text: '2001:db8::1:0:0:1', words: [0x20010db8, 0, 0x00010000, 0x00000001] },
  { text: '2001:db8::aaaa:0:0:1', words: [0x20010db8, 0, 0xaaaa0000, 0x00000001] },
  { text: 'ff02::81', words: [0xff020000, 0, 0, 0x81] },
  { text: '::1', words: [0, 0, 0, 1] },
  { text: '::', words: [0, 0, 0, 0] },
  { text: '1::', words: [0x00010000, 0, 0, 0] },
  { text: '::ffff:192.0.2.1', words: [0, 0, 0xffff, 0xc0000201] },
])('$text', ({ text, words }) => {
  const into = new Uint32Array(6);
  textWords(text, into, 1);
  expect([...into]).toEqual([0, ...words, 0]);
  expect(wordsText(into, 1)).toBe(text);
});

test('any address comes back as it was, and another library reads the same', () => {
  const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      const words = Uint32Array.from({ length: 4 }, (_, i) => (groups[2 * i] << 16) | groups[2 * i + 1]);
      const text = wordsText(words, 0);
      const back = new Uint32Array(4);
      textWords(text, back, 0);
      expect(back).toEqual(words);
      expect(ipaddr.IPv6.parse(text).parts).toEqual(groups);
      expect(storedAddress(addressOf(text))).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test.each(['', 'no address', ':', ':::', '1:2:3', '1:2:3:4:5:6:7:8:9:10', '::g', '1.2', '::1.2.3', '::256.1.1.1', '\0'])(
  '%j is no reason to fail',
  (text) => {
    const into = new Uint32Array(4);
    expect(() => textWords(text, into, 0)).not.toThrow();
    expect(addressOf(text)).toEqual(new Uint8Array(16));
  },
);
