import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks', // the native addons are not context-aware: they cannot be loaded in two worker threads
    // One a core: vitest keeps one core free by default, and most of these tests wait for other programs.
    maxWorkers: 2,
    // Monitors stay root, whose folders and files the tests make; test/privileges.test.ts asks for the other way.
    env: { LVSCOPE_USER: 'root' },
    sequence: { sequencer: LongestFirst },
    // A second, as is the default, is not much where other programs must answer first.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 180_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
