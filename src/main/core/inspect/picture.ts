/** The picture that is looked at, as the model takes it. */
import type { InspectSource } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { TensorSet } from '../engine/protocol.ts';
import type { Project } from '../projects/project.ts';
import { imageSet } from '../runs/image-set.ts';
import type { StoredRun } from '../store/runs.ts';

/**
 * A set of one image.
 * @throws AppError NOT_FOUND, SOURCE_UNREADABLE, INVALID_INPUT for pixels of another size, CANCELLED
 */
export async function pictureSet(
  { decoders }: Pick<CoreContext, 'decoders'>,
  project: Project,
  { spec: { input } }: Pick<StoredRun, 'spec'>,
  source: InspectSource,
  signal?: AbortSignal,
): Promise<TensorSet> {
  if ('image' in source) return await imageSet(project, [source.image], input, signal);
  if ('file' in source) {
    const { file } = source;
    const readable = typeof file === 'string' ? file : new Uint8Array(await file.arrayBuffer());
    return inlineSet(input, await decoders.pixels(readable, input, { signal }));
  }
  const { height, width, channels } = input;
  const pixels = new Uint8Array(await source.pixels.arrayBuffer());
  if (pixels.length !== height * width * channels) {
    throw new AppError(
      'INVALID_INPUT',
      `The model takes ${height}×${width}×${channels} bytes, not ${pixels.length}.`,
    );
  }
  return inlineSet(input, pixels);
}

function inlineSet(
  { height, width, channels }: StoredRun['spec']['input'],
  data: Uint8Array,
): TensorSet {
  return {
    ...{ height, width, channels },
    source: { kind: 'inline', data },
    slots: Uint32Array.of(0),
    labels: Int32Array.of(-1),
  };
}
