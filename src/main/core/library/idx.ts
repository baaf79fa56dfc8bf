/**
 * IDX, the format of MNIST and Fashion-MNIST (yann.lecun.com/exdb/mnist): two zero bytes, a type (8:
 * uint8), the number of axes, each axis as a big-endian uint32, then the values. Raw or gzipped.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { AppError } from '#shared/errors.ts';
import { toFileError } from '../util/files.ts';

const UINT8 = 8;
const MAX_BYTES = 2 ** 31;

export interface IdxHeader {
  /** Images: [count, height, width] or [count, height, width, channels]; labels: [count]. */
  shape: number[];
  headerBytes: number;
  gzip: boolean;
}

export interface IdxImages {
  count: number;
  height: number;
  width: number;
  channels: number;
  /** count × height × width × channels, uint8. */
  data: Uint8Array;
}

/** The header, or null when the file is no IDX file of bytes. @throws AppError when it cannot be read */
export async function readIdxHeader(file: string): Promise<IdxHeader | null> {
  let start: Buffer;
  try {
    start = await readStart(file, 20);
  } catch (error) {
    // Cut-off or wrong gzip data: not something to unpack.
    if (isZlibError(error)) return null;
    throw toFileError(error, file);
  }
  const axes = start[3] ?? 0;
  const headerBytes = 4 + axes * 4;
  if (start.length < 4 || start[0] !== 0 || start[1] !== 0 || start[2] !== UINT8) return null;
  if (axes < 1 || axes > 4 || start.length < headerBytes) return null;
  const shape = Array.from({ length: axes }, (_, axis) => start.readUInt32BE(4 + axis * 4));
  return { shape, headerBytes, gzip: await isGzip(file) };
}

/** @throws AppError SOURCE_UNREADABLE when the file does not hold what its header says */
export async function readIdxImages(file: string, signal?: AbortSignal): Promise<IdxImages> {
  const header = await readIdxHeader(file);
  const [count = 0, height = 0, width = 0, channels = 1] = header?.shape ?? [];
  const known = header && header.shape.length >= 3 && (channels === 1 || channels === 3);
  if (!known || height < 1 || width < 1 || height > 10_000 || width > 10_000) {
    throw new AppError('SOURCE_UNREADABLE', `${basename(file)} is not an IDX file of images.`, {
      subject: file,
    });
  }
  return { count, height, width, channels, data: await readIdxValues(file, header, signal) };
}

/** @throws AppError SOURCE_UNREADABLE */
export async function readIdxLabels(file: string, signal?: AbortSignal): Promise<Uint8Array> {
  const header = await readIdxHeader(file);
  if (header?.shape.length !== 1) {
    throw new AppError('SOURCE_UNREADABLE', `${basename(file)} is not an IDX file of labels.`, {
      subject: file,
    });
  }
  return readIdxValues(file, header, signal);
}

/** Exactly as many values as the header says; never allocates more than the file can hold. */
async function readIdxValues(
  file: string,
  header: IdxHeader,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const expected = header.shape.reduce((product, axis) => product * axis, 1);
  const declared = `its header says ${header.shape.map((axis) => axis.toLocaleString('en')).join(' × ')}`;
  const problem = (what: string): AppError =>
    new AppError('SOURCE_UNREADABLE', `${basename(file)} is damaged: ${declared}, but ${what}.`, {
      subject: file,
      hint: 'Get the file again from where it came.',
    });
  if (expected > MAX_BYTES) throw problem('more than 2 GB are not read');
  const available = await unpackedSize(file, header.gzip);
  if (available - header.headerBytes < expected) throw problem('it is cut off');
  if (available - header.headerBytes > expected) throw problem('it holds more');
  const data = Buffer.alloc(expected);
  let position = -header.headerBytes;
  try {
    for await (const chunk of unpack(file, header.gzip, signal)) {
      if (position + chunk.length > expected) throw problem('it holds more');
      chunk.copy(data, Math.max(position, 0), Math.max(-position, 0));
      position += chunk.length;
    }
  } catch (error) {
    if (isZlibError(error)) throw problem('its gzip data is damaged or cut off');
    throw toFileError(error, file);
  }
  if (position !== expected) throw problem('it is cut off');
  return data;
}

/** For gzip from its last four bytes (the size modulo 2³²), which a cut-off file gets wrong. */
async function unpackedSize(file: string, gzip: boolean): Promise<number> {
  const { size } = await stat(file);
  if (!gzip) return size;
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, size - 4);
    return buffer.readUInt32LE(0);
  } finally {
    await handle.close();
  }
}

/** The file's content, unpacked, in chunks. */
async function* unpack(file: string, gzip: boolean, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const options = { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) };
  const raw = createReadStream(file, options);
  if (!gzip) {
    yield* raw as AsyncIterable<Buffer>;
    return;
  }
  const unzipped = createGunzip({ chunkSize: 1 << 20 });
  raw.on('error', (error) => unzipped.destroy(error));
  try {
    yield* raw.pipe(unzipped) as AsyncIterable<Buffer>;
  } finally {
    raw.destroy();
    unzipped.destroy();
  }
}

async function readStart(file: string, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of unpack(file, await isGzip(file))) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) break;
  }
  return Buffer.concat(chunks).subarray(0, bytes);
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && /^Z_/.test(String((error as NodeJS.ErrnoException).code));
}
