/** Network and mount namespaces of the bench's own, with a cable whose ends, `mon0` and `wire0`, both lie in them. Needs root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const INSIDE = 'LVSCOPE_BENCH_INSIDE';
/** Address of `wire0`. */
export const SENDER = '192.0.2.2';

/** Runs the program at `url` again in namespaces of its own and ends with it; returns where it runs in them already. */
export function enterNamespaces(url) {
  if (process.env[INSIDE]) return;
  const again = ['--net', '--mount', process.execPath, fileURLToPath(url), ...process.argv.slice(2)];
  const { status, error } = spawnSync('unshare', again, { stdio: 'inherit', env: { ...process.env, [INSIDE]: '1' } });
  if (error) process.stderr.write(`unshare: ${error.message}\n`);
  process.exit(status ?? 1);
}

export function connectPorts() {
  const ip = (...words) => execFileSync('ip', words);
  // What was mounted before shows the ports of the other namespace.
  execFileSync('mount', ['-t', 'sysfs', 'sysfs', '/sys']);
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', 'mon0', 'type', 'veth', 'peer', 'name', 'wire0');
  for (const port of ['mon0', 'wire0']) ip('link', 'set', port, 'addrgenmode', 'none');
  ip('addr', 'add', '192.0.2.1/32', 'dev', 'mon0');
  ip('addr', 'add', `${SENDER}/24`, 'dev', 'wire0');
  for (const port of ['mon0', 'wire0']) ip('link', 'set', port, 'up');
}
