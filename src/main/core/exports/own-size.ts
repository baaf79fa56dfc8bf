/** Held-out pictures as they are, to check the scaling inside an exported file. */
import { isCancellation } from '#shared/errors.ts';
import type { TensorSet } from '../engine/protocol.ts';
import type { DecoderPool } from '../library/decode/pool.ts';
import { storedPath } from '../projects/paths.ts';
import type { Project } from '../projects/project.ts';
import type { StoredImage } from '../store/images.ts';
import type { StoredRun } from '../store/runs.ts';

const MAX_PICTURES = 64;
const MAX_PIXELS = 16_000_000;

export interface OwnSizePicture {
  /** Its place among the held-out images. */
  row: number;
  /** This one picture, unscaled. */
  set: TensorSet;
}

/**
 * Some of the images that are not of the model's size, one at a time: they may be large. Files that
 * are gone or were changed since they were imported are passed over.
 */
export async function* picturesInOwnSize(
  decoders: DecoderPool,
  project: Project,
  run: StoredRun,
  images: Uint32Array,
  signal: AbortSignal,
): AsyncGenerator<OwnSizePicture, void> {
  const rows = new Map([...images].map((image, row) => [image, row]));
  for (const image of choose(project, run, images)) {
    const size = { ...run.spec.input, height: image.height, width: image.width };
    const data = await pixelsOf(decoders, project, image, size, signal);
    if (!data) continue;
    yield {
      row: rows.get(image.id)!,
      set: {
        ...size,
        source: { kind: 'inline', data },
        slots: Uint32Array.of(0),
        labels: Int32Array.of(-1),
      },
    };
  }
}

function choose(project: Project, run: StoredRun, images: Uint32Array): StoredImage[] {
  const { height, width } = run.spec.input;
  const others = project.store.images
    .rows([...images])
    .filter((image) => image.width !== width || image.height !== height)
    .filter((image) => image.width * image.height <= MAX_PIXELS);
  const step = Math.max(1, others.length / MAX_PICTURES);
  return Array.from(
    { length: Math.min(others.length, MAX_PICTURES) },
    (_, index) => others[Math.floor(index * step)]!,
  );
}

/** Null when the file cannot be read, is another one by now, or lies in a container. */
async function pixelsOf(
  decoders: DecoderPool,
  { paths }: Project,
  { storage, path, sha256 }: StoredImage,
  size: { height: number; width: number; channels: number },
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  if (path === null) return null;
  const file = storedPath(paths, { storage, path });
  try {
    const { sha256: now } = await decoders.identify(file, { signal });
    return now === sha256 ? await decoders.pixels(file, size, { signal }) : null;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return null;
  }
}
