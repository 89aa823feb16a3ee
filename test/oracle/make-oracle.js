/** Writes what tshark says of the fixtures: `node test/oracle/make-oracle.js`. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { askTshark } from './tshark.js';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));

for (const name of readdirSync(join(FIXTURES, 'captures')).filter((file) => file.endsWith('.pcap'))) {
  const text = askTshark(join(FIXTURES, 'captures', name));
  writeFileSync(join(FIXTURES, 'oracle', name.replace('.pcap', '.tsv.gz')), gzipSync(text, { level: 9 }));
  process.stdout.write(`${name}: ${text.split('\n').length - 2} frames\n`);
}
