/** Model files that something happened to, by the ten thousand. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readOrExplain, spoiled } from '../unit/engine/import/spoil.ts';

it('reads or explains each within a second, and keeps nothing', { timeout: 600_000 }, () => {
  const before = process.memoryUsage().rss;
  let slowest = 0;
  fc.assert(
    fc.property(spoiled, (file) => {
      const started = performance.now();
      readOrExplain(file);
      slowest = Math.max(slowest, performance.now() - started);
    }),
    { numRuns: 20_000 },
  );
  expect(slowest).toBeLessThan(1000);
  expect(process.memoryUsage().rss - before).toBeLessThan(512e6);
});
