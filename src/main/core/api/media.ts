/**
 * Bytes over HTTP: pictures out, uploads in. Electron's protocol handler and the loopback server both
 * call it; who may call is for them to decide. Paths are those of `#shared/media-urls.ts`.
 */
import { Hono, type Context } from 'hono';
import { readFile } from 'node:fs/promises';
import { AppError, errorStatus, isCancellation, toErrorInfo } from '#shared/errors.ts';
import { thumbnailSizes, type ThumbnailSize } from '#shared/media-urls.ts';
import type { CoreContext } from '../context.ts';
import { requireImage } from '../library/images.ts';
import { containerPicture, thumbnailOf, type EncodedPicture } from '../library/thumbnails.ts';
import { storedPath } from '../projects/paths.ts';
import type { Project } from '../projects/project.ts';
import type { StoredImage } from '../store/images.ts';
import { toFileError } from '../util/files.ts';

/** Sent as they are; browsers show them and turn them upright themselves. */
const DISPLAYABLE: Record<string, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
};

export function createMediaApp(context: CoreContext): Hono {
  const { projects, decoders, uploads, log } = context;
  const app = new Hono();

  app.get('/media/:project/thumbnails/:image', (c) => {
    const size = sizeOf(c.req.query('size'));
    return answerImage(c, `t${size}`, (project, image) =>
      thumbnailOf(project, image, size, decoders, c.req.raw.signal),
    );
  });

  app.get('/media/:project/images/:image', (c) =>
    answerImage(c, 'i', (project, image) =>
      wholePicture(context, project, image, c.req.raw.signal),
    ),
  );

  app.put('/upload/:session/:path{.+}', async (c) => {
    const { body } = c.req.raw;
    const empty = new Blob([]).stream();
    const written = await uploads.write(c.req.param('session'), c.req.param('path'), body ?? empty);
    return c.json(written, 201);
  });

  app.onError((error, c) => {
    const info = toErrorInfo(error);
    if (info.code === 'INTERNAL')
      log.error({ err: error, path: c.req.path }, 'media request failed');
    // 499 is no status that a Response may be made with everywhere; the client has gone anyway.
    const status = isCancellation(error) ? 400 : errorStatus[info.code];
    return Response.json(info, { status, headers: { 'cache-control': 'no-store' } });
  });

  /** Pixels of an image never change: its hash is its tag, and it may be kept for ever. */
  async function answerImage(
    c: Context,
    variant: string,
    make: (project: Project, image: StoredImage) => Promise<EncodedPicture>,
  ): Promise<Response> {
    const project = projects.get(c.req.param('project') ?? '');
    const image = requireImage(project, idOf(c.req.param('image')));
    const headers = {
      etag: `"${image.sha256.slice(0, 32)}-${variant}"`,
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    };
    if (c.req.header('if-none-match') === headers.etag) {
      return new Response(null, { status: 304, headers });
    }
    const { bytes, type } = await make(project, image);
    return new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: { ...headers, 'content-type': type },
    });
  }

  return app;
}

async function wholePicture(
  { decoders }: CoreContext,
  project: Project,
  image: StoredImage,
  signal: AbortSignal,
): Promise<EncodedPicture> {
  if (image.path === null) return containerPicture(project, image, decoders, signal);
  const file = storedPath(project.paths, { storage: image.storage, path: image.path });
  const type = image.bitDepth <= 8 ? DISPLAYABLE[image.format] : undefined;
  if (!type) return decoders.display(file, { signal });
  try {
    return { bytes: await readFile(file), type };
  } catch (error) {
    throw toFileError(error, file);
  }
}

function idOf(text: string | undefined): number {
  if (!text || !/^[1-9]\d{0,14}$/.test(text)) {
    throw new AppError('NOT_FOUND', 'There is no such image.');
  }
  return Number(text);
}

function sizeOf(text: string | undefined): ThumbnailSize {
  const size = thumbnailSizes.find((candidate) => String(candidate) === (text ?? '256'));
  if (!size) {
    throw new AppError('INVALID_INPUT', `Thumbnails have sizes ${thumbnailSizes.join(', ')}.`);
  }
  return size;
}
