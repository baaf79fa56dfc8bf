import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batches, inOrder } from '#core/engine/data/batches.ts';
import { openPixels } from '#core/engine/data/pixels.ts';
import type { TensorSet } from '#core/engine/protocol.ts';
import { temporaryFolder } from './helpers.ts';

/** Ten rows of 2×3 pixels; row r holds r·10 … r·10 + 5. */
const rows = Uint8Array.from({ length: 60 }, (_, at) => Math.floor(at / 6) * 10 + (at % 6));

function set(source: TensorSet['source'], slots: number[]): TensorSet {
  return {
    height: 2,
    width: 3,
    channels: 1,
    source,
    slots: Uint32Array.from(slots),
    labels: Int32Array.from(slots, (slot) => slot % 3),
  };
}

async function packed(): Promise<string> {
  const file = join(await temporaryFolder(), 'images.pack');
  await writeFile(file, rows);
  return file;
}

async function collect(tensors: TensorSet, order: Uint32Array, batch: number, budget?: number) {
  const source = await openPixels(tensors, budget);
  const found: { pixels: number[]; labels: number[] }[] = [];
  for await (const { pixels, labels } of batches(tensors, source, order, batch)) {
    found.push({ pixels: [...pixels].filter((_, at) => at % 6 === 0), labels: [...labels] });
    // What the caller holds must stay still while the next batch is being read.
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([...pixels].filter((_, at) => at % 6 === 0)).toEqual(found.at(-1)?.pixels);
  }
  await source.close();
  return found;
}

describe('batches', () => {
  const slots = [7, 2, 9, 2, 0];
  const order = Uint32Array.of(4, 0, 1, 3, 2);
  const expected = [
    { pixels: [0, 70], labels: [0, 1] },
    { pixels: [20, 20], labels: [2, 2] },
    { pixels: [90], labels: [0] },
  ];

  it('from memory', async () => {
    expect(await collect(set({ kind: 'inline', data: rows }, slots), order, 2)).toEqual(expected);
  });

  it('from a pack that fits in memory', async () => {
    const tensors = set({ kind: 'pack', file: await packed() }, slots);
    expect(await collect(tensors, order, 2)).toEqual(expected);
  });

  it('from a pack that does not', async () => {
    const tensors = set({ kind: 'pack', file: await packed() }, slots);
    expect(await collect(tensors, order, 2, 10)).toEqual(expected);
  });

  it('of no images are none', async () => {
    expect(await collect(set({ kind: 'inline', data: rows }, []), inOrder(0), 2)).toEqual([]);
  });

  it('name a pack that is missing or too short', async () => {
    const file = await packed();
    await expect(openPixels(set({ kind: 'pack', file: `${file}x` }, [0]))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      subject: `${file}x`,
    });
    await expect(openPixels(set({ kind: 'pack', file }, [10]))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      subject: file,
    });
  });
});
