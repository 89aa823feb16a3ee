/** Says on the terminal how far a suite is that takes a while, with the seconds since it began. */
export function progress(suite: string): (text: string) => void {
  const began = performance.now();
  return (text) => process.stderr.write(`lab ${suite} ${((performance.now() - began) / 1000).toFixed(1)} s: ${text}\n`);
}
