import { augments, type AugmentationSpec } from '#shared/augmentation.ts';
import type { TensorSet } from '../protocol.ts';
import type { Labels } from '../targets.ts';
import { labeler } from './augment/labeler.ts';
import type { AugmentRows } from './augment/producer.ts';
import { createProducer, type EpochPlan, type Rows } from './producer.ts';
import { defaultImageMemory, openRows } from './rows.ts';
import { DataThreads } from './threads.ts';

/** One batch; its buffers are written again when the next is asked for. */
export interface Batch {
  size: number;
  /** size × row bytes. */
  pixels: Uint8Array;
  /** Shares of the classes where images are blended. */
  labels: Labels;
}

export interface LoaderOptions {
  /** Images a batch; the last of an epoch may be smaller. */
  batch: number;
  /** Bytes of images that may be held in memory; by default a quarter of this machine's. */
  memoryBudget?: number | undefined;
  /** How images are varied; the same for a seed, epoch and image, however they are loaded. */
  augment?: { spec: AugmentationSpec; seed: number; classes: number } | undefined;
  /** Data threads; 0 makes batches on this one. By default as many as pay. */
  threads?: number | undefined;
}

export interface EpochOrder {
  /** 1-based. */
  epoch: number;
  /** Positions in the set; each is visited once, in this order. */
  order: Uint32Array;
  /** How much of each class is in each image of `order`, where that is not what the set says. */
  targets?: Float32Array | undefined;
  /** Batches to pass over, where an epoch is taken up in its middle. */
  from?: number;
}

/** A set's images, batch by batch: the same ones whatever memory and threads there are. */
export interface DataLoader {
  readonly set: TensorSet;
  /** Bytes of images held in memory; 0 if each batch is read from its pack. */
  readonly held: number;
  /** Milliseconds that its reader has waited for batches so far. */
  readonly waited: number;
  /** One at a time. Throws SOURCE_UNREADABLE if the pack breaks. */
  batches(epoch: EpochOrder): AsyncGenerator<Batch>;
  close(): Promise<void>;
}

/** Pixels of each batch in turn, valid until the next is asked for. */
interface PixelStream {
  epoch(plan: EpochPlan): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

/** Copying less than this from memory takes less than telling a thread to do it. */
const SMALL_BATCH_BYTES = 1024 ** 2;
/** The same for images that are varied: that takes about twenty times as long as copying. */
const SMALL_AUGMENTED_BYTES = 64 * 1024;

function threadsThatPay(rows: Rows, batch: number): number {
  const small = rows.augment ? SMALL_AUGMENTED_BYTES : SMALL_BATCH_BYTES;
  return rows.kind === 'memory' && batch * rows.rowBytes < small ? 0 : 1;
}

/** Throws SOURCE_UNREADABLE if the set's pack is missing or shorter than it must be. */
export async function openLoader(set: TensorSet, options: LoaderOptions): Promise<DataLoader> {
  const rows = {
    ...(await openRows(set, options.memoryBudget ?? defaultImageMemory())),
    augment: options.augment && augmentRows(set, options.augment),
  };
  const batch = Math.max(1, Math.min(options.batch, set.slots.length));
  const threads = options.threads ?? threadsThatPay(rows, batch);
  const labelsOf = labeler(set, options.augment);
  const stream: PixelStream = threads > 0 ? new DataThreads(rows, threads) : onThisThread(rows);
  let waited = 0;

  return {
    set,
    held: rows.kind === 'memory' ? rows.data.byteLength : 0,
    get waited() {
      return waited;
    },
    async *batches({ epoch, order, targets, from = 0 }) {
      const steps = Math.ceil(order.length / batch);
      const pixels = stream.epoch({ epoch, order, batch, from, steps });
      try {
        for (let step = from; step < steps; step++) {
          const started = performance.now();
          const next = await pixels.next();
          waited += performance.now() - started;
          if (next.done) return;
          const positions = order.subarray(step * batch, (step + 1) * batch);
          const classes = targets ? targets.length / order.length : 0;
          const given = targets?.slice(step * batch * classes, (step + 1) * batch * classes);
          yield {
            size: positions.length,
            pixels: next.value,
            labels: labelsOf({ epoch, positions }, given),
          };
        }
        await pixels.next();
      } finally {
        await pixels.return(undefined);
      }
    },
    close: () => stream.close(),
  };
}

/** Makes each batch when it is asked for. */
function onThisThread(rows: Rows): PixelStream {
  const producer = createProducer(rows);
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a stream as threads have it
    async *epoch({ epoch, order, batch, from, steps }) {
      const buffer = new Uint8Array(batch * rows.rowBytes);
      for (let step = from; step < steps; step++) {
        const positions = order.subarray(step * batch, (step + 1) * batch);
        const pixels = buffer.subarray(0, positions.length * rows.rowBytes);
        producer.fill(pixels, { epoch, step, positions });
        yield pixels;
      }
    },
    close() {
      producer.close();
      return Promise.resolve();
    },
  };
}

/** The set as it is. */
export function inOrder(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, index) => index);
}

function augmentRows(
  { height, width, channels, slots, images }: TensorSet,
  { spec, seed }: NonNullable<LoaderOptions['augment']>,
): AugmentRows | undefined {
  if (!augments(spec)) return undefined;
  const size = { height, width, channels };
  return { spec, size, seed, images: images ?? inOrder(slots.length) };
}
