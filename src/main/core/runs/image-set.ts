import type { ModelSummary } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { TensorSet } from '../engine/protocol.ts';
import { requireImage } from '../library/images.ts';
import type { Project } from '../projects/project.ts';
import { tensorSet } from './tensor-set.ts';

/**
 * Decoded images of the library, without those that cannot be read; the first must be.
 * @throws AppError NOT_FOUND, SOURCE_UNREADABLE, CANCELLED
 */
export async function imageSet(
  project: Project,
  images: readonly number[],
  size: ModelSummary['input'],
  signal: AbortSignal | undefined,
): Promise<TensorSet> {
  const { name } = requireImage(project, images[0]!);
  const pack = await project.tensors.ensure({ ...size, images, signal });
  const failed = new Map(pack.failed.map((one) => [one.image, one.reason]));
  const reason = failed.get(images[0]!);
  if (reason !== undefined) {
    throw new AppError('SOURCE_UNREADABLE', `${name} ${reason}`, {
      subject: name,
      hint: 'Put the file back where it was, or choose another image.',
    });
  }
  const readable = images.filter((image) => !failed.has(image));
  return tensorSet(
    size,
    {
      file: pack.file,
      slots: new Map(images.map((image, position) => [image, pack.slots[position]!])),
    },
    { images: Uint32Array.from(readable), classes: new Int32Array(readable.length).fill(-1) },
  );
}
