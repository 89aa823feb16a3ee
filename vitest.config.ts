import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks', // the native addons are not context-aware: they cannot be loaded in two worker threads
    testTimeout: 60_000,
    reporters: ['default'],
  },
});
