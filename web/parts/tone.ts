/** The colour family of a state of a session; the name always stands beside the colour. Pure. */

export type Tone = 'up' | 'opening' | 'closing' | 'plain' | 'bad';

const TONES: Readonly<Record<string, Tone>> = {
  ESTABLISHED: 'up',
  ASSURED: 'up',
  UDP: 'up',
  'ERR!': 'bad',
  REJECTED: 'bad',
  NONE: 'plain',
  LISTEN: 'plain',
};
const OPENING = /^(SYN|INIT|C-|COOKIE)/;

/** The colour family of a state; the state's name always stands beside the colour. */
export function toneOf(state: string): Tone {
  return TONES[state] ?? (OPENING.test(state) ? 'opening' : 'closing');
}
