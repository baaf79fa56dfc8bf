import type { ModelSummary } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { TensorSet } from '../engine/protocol.ts';
import { requireImage } from '../library/images.ts';
import type { EnsureTensors } from '../library/tensors.ts';
import type { Project } from '../projects/project.ts';
import { tensorSet } from './tensor-set.ts';

type Size = ModelSummary['input'];

/**
 * Decoded images of the library, without those that cannot be read; the first must be.
 * @throws AppError NOT_FOUND, SOURCE_UNREADABLE, CANCELLED
 */
export async function imageSet(
  project: Project,
  images: readonly number[],
  size: Size,
  signal: AbortSignal | undefined,
): Promise<TensorSet> {
  const [first] = images;
  requireImage(project, first!);
  const { set, failed } = await decoded(project, images, size, { signal });
  const failure = failed.find(({ image }) => image === first);
  if (failure) throw unreadable(project, failure);
  return set;
}

/**
 * The same, if any of them can be read.
 * @throws AppError SOURCE_UNREADABLE when none can, CANCELLED
 */
export async function readableSet(
  project: Project,
  images: readonly number[],
  size: Size,
  options: Pick<EnsureTensors, 'signal' | 'onProgress'>,
): Promise<TensorSet> {
  const { set, failed } = await decoded(project, images, size, options);
  if (set.slots.length === 0 && failed[0]) throw unreadable(project, failed[0]);
  return set;
}

interface Failure {
  image: number;
  reason: string;
}

async function decoded(
  project: Project,
  images: readonly number[],
  size: Size,
  options: Pick<EnsureTensors, 'signal' | 'onProgress'>,
): Promise<{ set: TensorSet; failed: Failure[] }> {
  const { file, slots, failed } = await project.tensors.ensure({ ...size, images, ...options });
  const without = new Set(failed.map(({ image }) => image));
  const readable = images.filter((image) => !without.has(image));
  const set = tensorSet(
    size,
    { file, slots: new Map(images.map((image, position) => [image, slots[position]!])) },
    { images: Uint32Array.from(readable), classes: new Int32Array(readable.length).fill(-1) },
  );
  return { set, failed };
}

function unreadable(project: Project, { image, reason }: Failure): AppError {
  const name = project.store.images.get(image)?.name ?? `image ${image}`;
  return new AppError('SOURCE_UNREADABLE', `${name} ${reason}`, {
    subject: name,
    hint: 'Put the file back where it was, or choose another image.',
  });
}
