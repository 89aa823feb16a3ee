/** `npm run fuzz:kernel`. The rest is TypeScript, which Node 20 does not read by itself. */
import { register } from 'node:module';

register('./instrument.js', import.meta.url);
const { runKernelFuzz } = await import('./kernel-command.ts');
process.exitCode = await runKernelFuzz(process.argv.slice(2));
