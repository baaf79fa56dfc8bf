import { closeSync, openSync, readSync } from 'node:fs';
import { augmented, type AugmentRows } from './augment/producer.ts';
import { unreadablePack } from './errors.ts';

/** Where the pixels of a set lie. Crosses to data threads: their memory is shared, files are opened anew. */
export type Rows = {
  rowBytes: number;
  /** Row of each of the set's images. */
  slots: Uint32Array;
  augment?: AugmentRows | undefined;
} & ({ kind: 'memory'; data: Uint8Array } | { kind: 'file'; file: string });

/** Which batches of an epoch: `from` up to but without `steps`. */
export interface EpochPlan {
  epoch: number;
  /** Positions in the set, in the epoch's order. */
  order: Uint32Array;
  /** Images a batch; the last may be smaller. */
  batch: number;
  /** The first one; more than 0 where an epoch is taken up in its middle. */
  from: number;
  steps: number;
}

/** Which batch: everything that its pixels may depend on, besides the images and the run's seed. */
export interface BatchPlace {
  /** 1-based. */
  epoch: number;
  /** 0-based within the epoch. */
  step: number;
  /** Of its images within the set. */
  positions: Uint32Array;
}

/**
 * Makes the pixels of batches. What comes out depends on the place alone and never on what was asked
 * before, so that any thread may make any batch.
 */
export interface BatchProducer {
  /** Rows of uint8, one for each position. Throws SOURCE_UNREADABLE if the pack broke. */
  fill(pixels: Uint8Array, place: BatchPlace): void;
  close(): void;
}

/** Throws SOURCE_UNREADABLE if the pack cannot be opened. */
export function createProducer(rows: Rows): BatchProducer {
  const producer = rows.kind === 'memory' ? fromMemory(rows, rows.data) : fromFile(rows, rows.file);
  return rows.augment ? augmented(producer, rows.augment) : producer;
}

function fromMemory({ rowBytes, slots }: Rows, data: Uint8Array): BatchProducer {
  return {
    fill(pixels, { positions }) {
      for (const [index, position] of positions.entries()) {
        const start = (slots[position] ?? 0) * rowBytes;
        pixels.set(data.subarray(start, start + rowBytes), index * rowBytes);
      }
    },
    close: () => undefined,
  };
}

function fromFile({ rowBytes, slots }: Rows, file: string): BatchProducer {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    throw unreadablePack(file, error);
  }
  return {
    fill(pixels, { positions }) {
      const slotAt = (index: number) => slots[positions[index] ?? 0] ?? 0;
      for (let index = 0; index < positions.length;) {
        // Rows that follow each other, as they do when a set is read through, are one read.
        let count = 1;
        while (
          index + count < positions.length &&
          slotAt(index + count) === slotAt(index) + count
        ) {
          count++;
        }
        const part = pixels.subarray(index * rowBytes, (index + count) * rowBytes);
        readFully(descriptor, part, slotAt(index) * rowBytes, file);
        index += count;
      }
    },
    close: () => closeSync(descriptor),
  };
}

/** Throws SOURCE_UNREADABLE at the end of the file. */
export function readFully(
  descriptor: number,
  into: Uint8Array,
  position: number,
  file: string,
): void {
  for (let done = 0; done < into.length;) {
    let bytes: number;
    try {
      bytes = readSync(descriptor, into, done, into.length - done, position + done);
    } catch (error) {
      throw unreadablePack(file, error);
    }
    if (bytes === 0) throw unreadablePack(file, new RangeError('the file ends too early'));
    done += bytes;
  }
}
