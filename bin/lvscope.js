#!/usr/bin/env node
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const program = new URL('../dist/src/main.js', import.meta.url);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`lvscope: Node ${process.versions.node} is too old\nhint: lvscope needs Node 20.19 or newer\n`);
  process.exitCode = 1;
} else if (!existsSync(program)) {
  process.stderr.write('lvscope: the program is not built yet\nhint: npm ci && npm run build\n');
  process.exitCode = 1;
} else {
  await import(program.href);
}
