import type { TensorSet } from '../engine/protocol.ts';
import type { RunData } from '../store/runs.ts';

/** What the engine needs of decoded images: where each lies, and what it is labeled. */
export function tensorSet(
  { height, width, channels }: { height: number; width: number; channels: number },
  pack: { file: string; slots: Map<number, number> },
  data: RunData,
): TensorSet {
  return {
    height,
    width,
    channels,
    source: { kind: 'pack', file: pack.file },
    slots: Uint32Array.from(data.images, (image) => pack.slots.get(image)!),
    labels: data.classes,
    images: data.images,
  };
}
