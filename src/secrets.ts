/**
 * Tells one password from another without keeping any: a digest under a key that only this process has, and never shows,
 * stands for each. Neither memory nor anything written can be searched for a guessed password.
 */
import { createHmac, randomBytes } from 'node:crypto';

/** Passwords told apart at a time. Anybody on the wire can make up more; the one not seen for longest is forgotten. */
const MOST_PASSWORDS = 1024;
const KEY_OCTETS = 32;

/** Numbers passwords in the order in which they are first seen, from 1. */
export function createSecretNumbers(): (octets: Uint8Array) => number {
  const key = randomBytes(KEY_OCTETS);
  // A Map keeps the order of insertion: the first entry is the one not seen for longest.
  const numbers = new Map<string, number>();
  let last = 0;
  return (octets) => {
    const digest = createHmac('sha256', key).update(octets).digest('base64');
    const number = numbers.get(digest) ?? ++last;
    numbers.delete(digest);
    numbers.set(digest, number);
    if (numbers.size > MOST_PASSWORDS) numbers.delete(numbers.keys().next().value ?? digest);
    return number;
  };
}
