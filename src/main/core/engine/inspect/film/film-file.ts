/**
 * The film of a training, in its run's folder: `film.json` says what a frame holds, `film.bin` is one
 * frame after the other. A frame is its epoch (int32), the first convolution's kernels (float32,
 * filters × channels × height × width), then bytes of feature maps; little-endian, filled up to four.
 *
 * Frames come in the order of their epochs. Where they would take more than `BUDGET`, every second one
 * goes; the newest is always there.
 */
import { open, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { kernelShape } from '#shared/contract/inspect.ts';
import { runFiles } from '../../protocol.ts';

/** Bytes of frames. */
const BUDGET = 48 * 1024 ** 2;

const filmHead = z.object({
  format: z.literal(1),
  layer: z.string(),
  kernel: kernelShape,
  seesImage: z.boolean(),
  /** What the maps are of: an image's id in the project; null if it had none. */
  image: z.number().int().nullable(),
  /** The first channels of each layer, as tiles of bytes. */
  maps: z.array(
    z.object({
      layer: z.string(),
      channels: z.number().int(),
      height: z.number().int(),
      width: z.number().int(),
    }),
  ),
});
export type FilmHead = z.infer<typeof filmHead>;

export interface FilmFrame {
  /** 0: before the first step. */
  epoch: number;
  kernels: Float32Array;
  maps: Uint8Array;
}

export interface Film {
  head: FilmHead;
  frames: FilmFrame[];
}

const EPOCH_BYTES = 4;

function sizesOf({ kernel, maps }: FilmHead) {
  const { filters, channels, height, width } = kernel;
  const kernels = filters * channels * height * width * 4;
  const tiles = maps.reduce((sum, map) => sum + map.channels * map.height * map.width, 0);
  return { kernels, tiles, frame: EPOCH_BYTES + kernels + Math.ceil(tiles / 4) * 4 };
}

function encode(head: FilmHead, { epoch, kernels, maps }: FilmFrame): Uint8Array {
  const sizes = sizesOf(head);
  const bytes = new Uint8Array(sizes.frame);
  new Int32Array(bytes.buffer, 0, 1)[0] = epoch;
  new Float32Array(bytes.buffer, EPOCH_BYTES, kernels.length).set(kernels);
  bytes.set(maps, EPOCH_BYTES + sizes.kernels);
  return bytes;
}

/** Null where a run has none, or one that is damaged: a film is never worth an error. */
export async function readFilm(runDir: string): Promise<Film | null> {
  try {
    const text = await readFile(join(runDir, runFiles.film), 'utf8');
    const head = filmHead.parse(JSON.parse(text));
    const bytes = await readFile(join(runDir, runFiles.frames));
    const { frame, kernels, tiles } = sizesOf(head);
    const frames = Array.from({ length: Math.floor(bytes.length / frame) }, (_, index) => {
      // A copy begins where numbers may begin.
      const { buffer } = Uint8Array.from(bytes.subarray(index * frame, (index + 1) * frame));
      return {
        epoch: new Int32Array(buffer, 0, 1)[0]!,
        kernels: new Float32Array(buffer, EPOCH_BYTES, kernels / 4),
        maps: new Uint8Array(buffer, EPOCH_BYTES + kernels, tiles),
      };
    });
    return { head, frames };
  } catch {
    return null;
  }
}

/** Takes frames while a training goes on. */
export class FilmWriter {
  readonly #handle: FileHandle;
  readonly #head: FilmHead;
  readonly #frameBytes: number;
  readonly #budget: number;
  #epochs: number[];
  /** Only epochs that this divides stay. */
  #every = 1;

  private constructor(handle: FileHandle, head: FilmHead, epochs: number[], budget: number) {
    this.#handle = handle;
    this.#head = head;
    this.#frameBytes = sizesOf(head).frame;
    this.#epochs = epochs;
    this.#budget = budget;
    const gaps = epochs.slice(1, -1).map((epoch, at) => epoch - epochs[at]!);
    if (gaps.length > 0) this.#every = Math.max(1, Math.min(...gaps));
  }

  /**
   * Begins a film, or goes on with the one that is there: frames of epochs after `epoch` are dropped,
   * for the training goes on from there.
   * @param epoch null for a new training
   */
  static async open(
    runDir: string,
    head: FilmHead,
    epoch: number | null,
    budget = BUDGET,
  ): Promise<FilmWriter> {
    const file = join(runDir, runFiles.frames);
    const known = epoch === null ? null : await readFilm(runDir);
    const goesOn = known !== null && JSON.stringify(known.head) === JSON.stringify(head);
    const epochs = goesOn
      ? known.frames.map((frame) => frame.epoch).filter((each) => each <= (epoch ?? 0))
      : [];
    // Not flushed to the disk: a film that a power cut takes is no loss.
    await writeFile(join(runDir, runFiles.film), `${JSON.stringify(head)}\n`);
    const handle = await open(file, goesOn ? 'r+' : 'w+');
    await handle.truncate(epochs.length * sizesOf(head).frame);
    return new FilmWriter(handle, head, epochs, budget);
  }

  has(epoch: number): boolean {
    return this.#epochs.includes(epoch);
  }

  async add(frame: FilmFrame): Promise<void> {
    const last = this.#epochs.at(-1);
    // The newest one stays only while it is the newest.
    if (last !== undefined && last % this.#every !== 0) this.#epochs.pop();
    const bytes = encode(this.#head, frame);
    await this.#handle.write(bytes, 0, bytes.length, this.#epochs.length * bytes.length);
    this.#epochs.push(frame.epoch);
    if ((this.#epochs.length + 1) * this.#frameBytes > this.#budget) await this.#thin();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** In place: a frame only moves forward, to where one was that goes. */
  async #thin(): Promise<void> {
    this.#every *= 2;
    const newest = this.#epochs.at(-1);
    const kept: number[] = [];
    const buffer = new Uint8Array(this.#frameBytes);
    for (const [index, epoch] of this.#epochs.entries()) {
      if (epoch % this.#every !== 0 && epoch !== newest) continue;
      await this.#handle.read(buffer, 0, buffer.length, index * buffer.length);
      await this.#handle.write(buffer, 0, buffer.length, kept.length * buffer.length);
      kept.push(epoch);
    }
    await this.#handle.truncate(kept.length * buffer.length);
    this.#epochs = kept;
  }
}
