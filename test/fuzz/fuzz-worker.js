/** Begins a worker whose modules are instrumented as they are read. */
import { register } from 'node:module';

register('./instrument.js', import.meta.url);
await import('./loop.ts');
