import { defineConfig } from 'vitest/config';

/** Exported models in the programs they are for. Needs Python and, the first time, the network. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    globalSetup: ['test/interop/setup.ts'],
    reporters: ['default'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 15 * 60_000,
    hookTimeout: 10 * 60_000,
  },
});
