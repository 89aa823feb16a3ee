/** A progress bar on a terminal, nothing elsewhere: logs and pipes stay clean. */
import cliProgress from 'cli-progress';

export interface Progress {
  /** @param octets read so far @param total null where nobody knows */
  update(octets: number, total: number | null): void;
  stop(): void;
}

const MEGA = 1_000_000;

export function createProgress(label: string): Progress {
  if (!process.stderr.isTTY) return { update() {}, stop() {} };
  const bar = new cliProgress.SingleBar({
    format: `${label} [{bar}] {percentage}% | {value}/{total} MB | {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  let started = false;
  return {
    update(octets, total) {
      if (total === null) return;
      const [done, all] = [Math.round(octets / MEGA), Math.max(1, Math.round(total / MEGA))];
      if (started) bar.update(done);
      else bar.start(all, done);
      started = true;
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
