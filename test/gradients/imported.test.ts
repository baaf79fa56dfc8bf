/** A network that PyTorch exported, beside PyTorch’s own gradients: test/interop has whole ones. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { disagreement } from '../helpers/backbone-agreement.ts';

it('learns as in PyTorch', async () => {
  const found = await disagreement(join(import.meta.dirname, '../goldens/imported'));
  expect(found.parameters).toBe(990);
  expect(found.loss).toBeLessThan(1e-5);
  expect(found.gradient, found.at).toBeLessThan(1e-4);
  expect(found.steps).toBeLessThan(1e-3);
});
