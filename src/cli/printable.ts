/** Text from the wire as a terminal may have it: a Call-ID or a name must not steer the terminal, nor turn a line around. */

/**
 * Controls of both sets (ECMA-48: ESC, CSI and the like), marks and overrides of direction (Unicode UAX #9), separators of
 * lines, invisible characters, tags, and halves of characters.
 */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Cn}\p{Co}\p{Bidi_Control}\p{Zl}\p{Zp}\u200b\u2060\ufeff\u{e0000}-\u{e007f}]/gu;

/** Nearly all there is. */
const PLAIN = /^[\x20-\x7e]*$/;

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** One line; what is unsafe stands as `\xNN` or `\u{N}`. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const hex = codeOf(character).toString(16);
    return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  });
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The same JSON to every reader, with the unsafe characters escaped, which `JSON.stringify` does for the first set only. */
export function printableJson(value: unknown): string {
  const text = JSON.stringify(value);
  return PLAIN.test(text) ? text : text.replace(UNSAFE, (character) => character.split('').map(escaped).join(''));
}
