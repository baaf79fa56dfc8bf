import { workbenchEdge } from '#shared/contract/workbench.ts';
import { AppError } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { DecoderPool, ImageSource } from '../library/decode/pool.ts';
import { requireImage } from '../library/images.ts';
import { imageSource } from '../library/thumbnails.ts';

export interface GreyPicture {
  name: string;
  width: number;
  height: number;
  /** One byte a pixel, row by row. */
  pixels: Uint8Array;
}

type Wanted = { project: string; image: number } | { file: string | File };

/**
 * One number a pixel, so that one kernel is all there is to a convolution.
 * @throws AppError NOT_FOUND, SOURCE_UNREADABLE, DECODER_FAILED, CANCELLED
 */
export async function greyPicture(
  { decoders, projects }: Pick<CoreContext, 'decoders' | 'projects'>,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<GreyPicture> {
  if ('file' in wanted) {
    const { file } = wanted;
    const source = typeof file === 'string' ? file : new Uint8Array(await file.arrayBuffer());
    const name = typeof file === 'string' ? file : file.name;
    const { info } = await decoders.inspect(source, { signal });
    return await decode(decoders, { name, source, ...info }, signal);
  }
  const project = projects.get(wanted.project);
  const image = requireImage(project, wanted.image);
  const { name, width, height } = image;
  const source = await imageSource(project, image, decoders, signal);
  return await decode(decoders, { name, source, width, height }, signal);
}

async function decode(
  decoders: DecoderPool,
  { name, source, width, height }: { source: ImageSource } & Omit<GreyPicture, 'pixels'>,
  signal: AbortSignal | undefined,
): Promise<GreyPicture> {
  const scale = Math.min(1, workbenchEdge / Math.max(width, height));
  const size = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  const pixels = await decoders.pixels(source, { ...size, channels: 1 }, { signal });
  if (pixels.length !== size.width * size.height) {
    throw new AppError('DECODER_FAILED', `${name} has too few pixels.`, { subject: name });
  }
  return { name, ...size, pixels };
}
