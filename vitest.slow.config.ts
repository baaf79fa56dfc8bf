import { defineConfig } from 'vitest/config';

/** Full data sets, long trainings, kill -9: minutes, not seconds. */
export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: 'test-results/slow.json' }]]
      : ['default'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 20 * 60_000,
    hookTimeout: 5 * 60_000,
  },
});
