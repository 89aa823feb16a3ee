/**
 * `npm run -s sbom > lvscope.cdx.json`: CycloneDX, by npm itself from the lock file, with what npm leaves out added: what is
 * bundled into the page, and (npm 11) production packages that some development tool wants as well.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { shippedPackages } from './shipped-packages.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OPTIONS = ['--package-lock-only', '--omit', 'dev', '--sbom-format', 'cyclonedx', '--loglevel', 'error'];

function componentOf({ name, version, license, integrity }) {
  const hash = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    hashes: [{ alg: 'SHA-512', content: hash }],
    licenses: [{ license: { id: license } }],
  };
}

const sbom = JSON.parse(execFileSync('npm', ['sbom', ...OPTIONS], { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 }));
const told = new Set(sbom.components.map((component) => component['bom-ref']));
const leftOut = shippedPackages().filter(({ name, version }) => !told.has(`${name}@${version}`));
sbom.components.push(...leftOut.map(componentOf));
// npm takes the folder's name, which is whatever somebody cloned into.
sbom.metadata.component.name = 'lvscope';
sbom.metadata.component.type = 'application';
process.stdout.write(`${JSON.stringify(sbom, null, 2)}\n`);
