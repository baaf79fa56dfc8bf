import type { FloatTensor } from '../checkpoint/safetensors.ts';
import type { ContentsCheck } from '../protocol.ts';

/** What is missing, of another shape or no number differs by 1: it must never pass. */
export function compareContents(
  expected: Iterable<readonly [string, FloatTensor]>,
  found: ReadonlyMap<string, FloatTensor>,
): ContentsCheck {
  let tensors = 0;
  let maxDifference = 0;
  for (const [name, { shape, data }] of expected) {
    const other = found.get(name);
    if (other?.shape.join() !== shape.join()) {
      maxDifference = Math.max(maxDifference, 1);
      continue;
    }
    tensors++;
    for (const [index, value] of data.entries()) {
      const difference = Math.abs(value - (other.data[index] ?? Number.NaN));
      if (!(difference <= maxDifference)) maxDifference = Number.isNaN(difference) ? 1 : difference;
    }
  }
  return { tensors, maxDifference };
}
