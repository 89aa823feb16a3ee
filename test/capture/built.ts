/** The compiled capture layer: probes are processes, so the tests of live capture run what `npm run build` makes. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Folder of the compiled files; builds them when a source is newer. A type error elsewhere in the project does not matter here. */
export function builtCapture(): string {
  const dist = `${ROOT}dist/src/capture/`;
  if (newest(`${ROOT}src/capture/`, '.ts') > newest(dist, '.js')) {
    const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
    spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: ROOT, stdio: 'ignore' });
  }
  return dist;
}

/** Milliseconds; 0 when there is nothing. */
function newest(folder: string, extension: string): number {
  try {
    const files = readdirSync(folder).filter((name) => name.endsWith(extension));
    return Math.max(0, ...files.map((name) => statSync(folder + name).mtimeMs));
  } catch {
    return 0;
  }
}
