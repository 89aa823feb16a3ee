/** Being told to stop: by Ctrl-C, by whoever manages the process, by a terminal that is closed. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts when it is time; `off` gives the signals back to the system. */
export function stopOnSignals(): { readonly stopped: AbortController; off(): void } {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    stopped,
    off() {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}
