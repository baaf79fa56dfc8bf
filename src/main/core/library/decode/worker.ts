/**
 * A decoder process: one request at a time over IPC, until the parent lets go. It may die of a file;
 * the pool then starts another.
 */
import sharp from 'sharp';
import { display, encode, identify, inspect, pixels, readSource, reasonOf } from './decode.ts';
import { drawWords } from './words.ts';
import type { DecodeReply, DecodeRequest } from './protocol.ts';

async function perform(request: DecodeRequest): Promise<unknown> {
  if (request.kind === 'encode') return encode(request);
  if (request.kind === 'words') return drawWords(request);
  const bytes = await readSource(request.source);
  switch (request.kind) {
    case 'identify':
      return identify(bytes);
    case 'inspect':
      return inspect(bytes, request.edge);
    case 'pixels':
      return pixels(bytes, request.size);
    case 'display':
      return display(bytes, request.edge);
    default:
      return request satisfies never;
  }
}

async function answer(request: DecodeRequest): Promise<DecodeReply> {
  try {
    return { id: request.id, ok: true, value: await perform(request) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { id: request.id, ok: false, reason: reasonOf(error), code: code ?? '' };
  }
}

// One image at a time on one thread: the pool has as many processes as it wants cores used.
sharp.concurrency(1);
sharp.cache(false);
// Not pictures of anything, and a wide door: SVG may name other files.
sharp.block({ operation: ['VipsForeignLoadSvg', 'VipsForeignLoadPdf', 'VipsForeignLoadMagick'] });
process.on('message', (request: DecodeRequest) => {
  void answer(request).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit(0));
