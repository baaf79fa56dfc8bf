import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** The fast suite: units, gradients, the contract over every transport. No browser, no network. */
export default defineConfig({
  // Compiles runes in the renderer's `*.svelte.ts` state classes, which are tested without a DOM.
  plugins: [svelte()],
  test: {
    include: ['test/{unit,gradients,contract}/**/*.test.ts'],
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: 'test-results/unit.json' }]]
      : ['default'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
