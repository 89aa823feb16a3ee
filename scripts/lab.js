/** `npm run lab`: a pair of real load balancers to try lvscope with. The lab is TypeScript, which Node 20 does not read but vite does. */
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const { module } = await runnerImport(fileURLToPath(new URL('../test/lab/terminal.ts', import.meta.url)));
process.exitCode = await module.runLab();
