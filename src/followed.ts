/** Files that are read again when they change. What is wrong with them then is told, and what they said before goes on holding. */
import { statSync } from 'node:fs';
import { setInterval } from 'node:timers';
import type { ReloadStatus } from './contract/http-numbers.ts';
import type { Logger } from './log.ts';

export interface Followed<Value> {
  readonly now: Value;
  status(): ReloadStatus;
  close(): void;
}

interface Read<Value> {
  readonly value: Value;
  /** What it was made from. */
  readonly paths: readonly string[];
}

interface FollowOptions<Value> {
  /** @throws OperatorError for what is wrong */
  read(): Read<Value>;
  readonly log: Logger;
}

const LOOK_MS = 500;

/** Differs when one of the files does: replaced, written, gone. */
function stampOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat ? `${stat.ino} ${stat.mtimeMs} ${stat.size}` : 'gone';
    })
    .join('\n');
}

/** @throws OperatorError when the files are wrong at the start */
export function follow<Value>({ read, log }: FollowOptions<Value>): Followed<Value> {
  let held = read();
  let stamp = stampOf(held.paths);
  const status = { failures: 0, isCurrent: true };
  const look = () => {
    const found = stampOf(held.paths);
    if (found === stamp) return;
    stamp = found;
    try {
      const { paths } = held;
      held = read();
      // What changes while it is read shows at the next look; but it may name other files than before.
      if (held.paths.join() !== paths.join()) stamp = stampOf(held.paths);
      status.isCurrent = true;
      log.info({ files: held.paths }, 'read again who may ask');
    } catch (error) {
      status.failures++;
      status.isCurrent = false;
      log.error({ files: held.paths }, `who may ask stays as it was: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const timer = setInterval(look, LOOK_MS).unref();
  return {
    get now() {
      return held.value;
    },
    status: () => status,
    close: () => clearInterval(timer),
  };
}
