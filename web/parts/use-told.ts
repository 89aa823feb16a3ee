/** What became of something that was asked for, said for a while, as a hook. */
import { type ReadonlySignal, useSignal } from '@preact/signals';

/** How long it is said, in milliseconds. */
const TOLD_MILLIS = 4000;

interface Told {
  /** `''`: nothing. */
  readonly told: ReadonlySignal<string>;
  /** Says what the work gives, or why it failed. */
  run(work: () => Promise<string>): Promise<void>;
}

export function useTold(): Told {
  const told = useSignal('');

  function tell(text: string): void {
    told.value = text;
    window.setTimeout(() => {
      if (told.value === text) told.value = '';
    }, TOLD_MILLIS);
  }

  return {
    told,
    async run(work) {
      tell('…');
      tell(await work().catch((error: Error) => error.message));
    },
  };
}
