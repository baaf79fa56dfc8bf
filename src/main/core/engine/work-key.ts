import { createHash } from 'node:crypto';
import type { ModelSpec } from '#shared/model-spec.ts';

/** What a training's speed depends on, as a key: all of the spec but its name. */
export function workKey(work: { spec: ModelSpec; batch: number; backend: string }): string {
  const { input, layers, optimizer } = work.spec;
  const { batch, backend } = work;
  return createHash('sha256')
    .update(JSON.stringify({ input, layers, optimizer, batch, backend }))
    .digest('hex')
    .slice(0, 32);
}
