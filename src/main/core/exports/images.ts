/** Labeled images of a project as the engine reads them. */
import type { Split } from '#shared/contract/index.ts';
import type { TensorSet } from '../engine/protocol.ts';
import { evaluationData } from '../evaluation/data.ts';
import type { Project } from '../projects/project.ts';
import { tensorSet } from '../runs/tensor-set.ts';
import type { StoredRun } from '../store/runs.ts';

export interface LabeledImages {
  split: Split;
  images: Uint32Array;
  set: TensorSet;
  /** Class index of each image. */
  labels: Int32Array;
}

/** At most `most` of the first of the splits that has any; null where none has one that can be read. */
export async function labeledImages(
  project: Project,
  run: StoredRun,
  splits: readonly Split[],
  most: number,
  signal: AbortSignal,
): Promise<LabeledImages | null> {
  for (const split of splits) {
    const { images: all, classes } = evaluationData(project.store, run, split);
    const classOf = new Map([...all].map((image, index) => [image, classes[index]!]));
    // Evenly taken, so that all classes are among them however they are ordered.
    const step = Math.max(1, all.length / most);
    const images = Array.from(
      { length: Math.min(all.length, most) },
      (_, index) => all[Math.floor(index * step)]!,
    );
    if (images.length === 0) continue;
    const pack = await project.tensors.ensure({ ...run.spec.input, images, signal });
    const failed = new Set(pack.failed.map(({ image }) => image));
    const readable = Uint32Array.from(images.filter((image) => !failed.has(image)));
    if (readable.length === 0) continue;
    const slots = new Map(images.map((image, index) => [image, pack.slots[index]!]));
    const data = { images: readable, classes: new Int32Array(readable.length).fill(-1) };
    return {
      split,
      images: readable,
      labels: Int32Array.from(readable, (image) => classOf.get(image)!),
      set: tensorSet(run.spec.input, { file: pack.file, slots }, data),
    };
  }
  return null;
}
