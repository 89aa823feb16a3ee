/** What of package-lock.json reaches whoever runs lvscope: the production packages, and what is bundled into the page. */
import { readFileSync } from 'node:fs';

/** Development dependencies, since npm need not install them: `web/` imports them, vite puts them into `dist/web`. */
export const BUNDLED = ['@preact/signals', '@tanstack/virtual-core', 'preact', 'uplot'];

/** All that `names` need, themselves included; every one of these lies at the top of node_modules. */
function closure(packages, names) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name)) return;
    found.add(name);
    for (const needed of Object.keys(packages[`node_modules/${name}`].dependencies ?? {})) visit(needed);
  };
  for (const name of names) visit(name);
  return found;
}

/** @returns {{ name: string, version: string, license?: string, integrity?: string, bundled: boolean, hasInstallScript: boolean }[]} by name */
export function shippedPackages() {
  const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  const bundled = closure(packages, BUNDLED);
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { version, license, integrity, dev = false, hasInstallScript = false }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version, license, integrity, dev, hasInstallScript, bundled: bundled.has(name) };
    })
    .filter(({ dev, bundled: isBundled }) => !dev || isBundled)
    .map(({ dev: _, ...shipped }) => shipped)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
