/**
 * The order in which files of tests begin. vitest remembers how long each took, but a fresh machine remembers nothing, and a
 * long one that begins last runs alone while the other core waits.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those above 20 s on a quiet machine of two cores, the longest first. */
const LONG = [
  'hostile',
  'past',
  'browser/accessibility',
  'lab/failovers',
  'live',
  'http/live',
  'http/live-resume',
  'capture/live',
  'lab/sessions',
  'lab/snooping-bridge',
  'lab/own-port',
  'http/openapi',
  'browser/overview',
  'browser/failovers',
  'kernel',
  'store/failures',
  'lab/troubles',
  'lab/wire-facts',
  'lab/vlan',
  'cli/mistakes',
  'cli/completion/shells',
];

const place = ({ moduleId }: TestSpecification): number => {
  const found = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return found === -1 ? LONG.length : found;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
