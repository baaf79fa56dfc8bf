/** Many images in files of a size that is good to stream: `train-000000.tar`, `train-000001.tar` … */
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetImage, DatasetWriter } from './format.ts';
import { splitName } from './format.ts';

/** A new shard begins after this much. */
const SHARD_BYTES = 256 * 1024 * 1024;

interface Shard {
  file: FileHandle;
  bytes: number;
  number: number;
}

export interface ShardFormat {
  extension: string;
  /** Bytes of one image with what is known of it. */
  record: (image: DatasetImage, bytes: Uint8Array) => Uint8Array[];
  /** What ends a shard. */
  end: Uint8Array;
  /** Once all is written. */
  finish: () => Promise<void>;
}

/** Shards of each split, each written from its begin to its end. */
export function openShards(directory: string, format: ShardFormat): DatasetWriter {
  const shards = new Map<string, Shard>();

  async function begin(split: string, number: number): Promise<Shard> {
    const name = `${split}-${String(number).padStart(6, '0')}.${format.extension}`;
    const shard = { file: await open(join(directory, name), 'wx'), bytes: 0, number };
    shards.set(split, shard);
    return shard;
  }

  async function end({ file }: Shard): Promise<void> {
    await file.appendFile(format.end);
    await file.close();
  }

  return {
    async add(image, bytes) {
      const split = splitName(image.split);
      let shard = shards.get(split) ?? (await begin(split, 0));
      if (shard.bytes >= SHARD_BYTES) {
        await end(shard);
        shard = await begin(split, shard.number + 1);
      }
      for (const piece of format.record(image, bytes)) {
        await shard.file.appendFile(piece);
        shard.bytes += piece.length;
      }
    },
    async finish() {
      for (const shard of shards.values()) await end(shard);
      await format.finish();
    },
  };
}
