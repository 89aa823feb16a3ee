/** `npm run fuzz`. The rest is TypeScript, which Node 20 does not read by itself. */
import { register } from 'node:module';

register('./instrument.js', import.meta.url);
const { runFuzz } = await import('./command.ts');
process.exitCode = await runFuzz(process.argv.slice(2));
