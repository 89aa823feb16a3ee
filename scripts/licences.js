/** `npm run -s licences`: the licence of every package that reaches whoever runs lvscope; fails at one that we have not agreed to. */
import { fileURLToPath } from 'node:url';
import { shippedPackages } from './shipped-packages.js';

/** Permissive ones: none asks for more than its text to be kept, so they go together with Apache-2.0. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT', 'Unlicense'];

/** Of `(A OR B)` one is enough. */
export const isAllowed = (license = '') =>
  license
    .replace(/^\((.*)\)$/, '$1')
    .split(' OR ')
    .some((one) => ALLOWED.includes(one));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const all = shippedPackages();
  const lines = all.map(({ name, version, license, bundled }) => `${license}\t${name}@${version}${bundled ? '\t(in the page)' : ''}`);
  for (const line of lines.sort()) process.stdout.write(`${line}\n`);
  const refused = all.filter(({ license }) => !isAllowed(license));
  for (const { name, license } of refused) process.stderr.write(`${name}: ${license ?? 'no licence is told'}, which is not allowed\n`);
  process.exitCode = refused.length === 0 ? 0 : 1;
}
