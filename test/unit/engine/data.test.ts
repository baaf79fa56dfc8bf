import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  inOrder,
  openLoader,
  type DataLoader,
  type LoaderOptions,
} from '#core/engine/data/loader.ts';
import { ringDepth } from '#core/engine/data/threads.ts';
import type { TensorSet } from '#core/engine/protocol.ts';
import { Random } from '#core/engine/random.ts';
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

/** Which image each batch holds, by its rows' first pixels, and their labels. */
async function collect(loader: DataLoader, order: Uint32Array, epoch = 1, from = 0) {
  const found: { images: number[]; labels: number[] }[] = [];
  for await (const { pixels, labels, size } of loader.batches({ epoch, order, from })) {
    const images = () => [...pixels].filter((_, at) => at % 6 === 0).map((value) => value / 10);
    found.push({ images: images(), labels: [...labels] });
    expect(pixels.length).toBe(size * 6);
    expect([...pixels].every((value, at) => value % 10 === at % 6)).toBe(true);
    // What the caller holds must stay still while the next batches are being made.
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(images()).toEqual(found.at(-1)?.images);
  }
  return found;
}

async function withLoader<T>(
  tensors: TensorSet,
  options: LoaderOptions,
  work: (loader: DataLoader) => Promise<T>,
): Promise<T> {
  const loader = await openLoader(tensors, options);
  try {
    return await work(loader);
  } finally {
    await loader.close();
  }
}

const slots = [7, 2, 9, 2, 0];
const ways = [0, 2].flatMap((threads) =>
  (['inline', 'memory', 'disk'] as const).map((where) => ({ threads, where })),
);

describe.each(ways)('batches with $threads data threads from $where', ({ threads, where }) => {
  async function opened<T>(work: (loader: DataLoader) => Promise<T>, wanted = slots, batch = 2) {
    const source: TensorSet['source'] =
      where === 'inline' ? { kind: 'inline', data: rows } : { kind: 'pack', file: await packed() };
    const memoryBudget = where === 'disk' ? 10 : 1000;
    return await withLoader(set(source, wanted), { batch, memoryBudget, threads }, work);
  }

  it('visit every image in the order given', async () => {
    await opened(async (loader) => {
      expect(await collect(loader, Uint32Array.of(4, 0, 1, 3, 2))).toEqual([
        { images: [0, 7], labels: [0, 1] },
        { images: [2, 2], labels: [2, 2] },
        { images: [9], labels: [0] },
      ]);
      expect(await collect(loader, inOrder(5), 2)).toEqual([
        { images: [7, 2], labels: [1, 2] },
        { images: [9, 2], labels: [0, 2] },
        { images: [0], labels: [0] },
      ]);
    });
  });

  it('come around a ring that is shorter than the epoch', async () => {
    const many = Array.from({ length: 64 }, (_, index) => (index * 7) % 10);
    await opened(
      async (loader) => {
        for (const epoch of [1, 2]) {
          const order = new Random(epoch).permutation(64);
          const images = (await collect(loader, order, epoch)).flatMap((batch) => batch.images);
          expect(images).toEqual(Array.from(order, (position) => many[position]));
        }
      },
      many,
      3,
    );
  });

  it('are taken up in the middle of an epoch, and left there', async () => {
    await opened(async (loader) => {
      const order = Uint32Array.of(4, 0, 1, 3, 2);
      const whole = await collect(loader, order);
      expect(await collect(loader, order, 1, 1)).toEqual(whole.slice(1));
      for await (const batch of loader.batches({ epoch: 2, order })) {
        expect(batch.size).toBe(2);
        break;
      }
      expect(await collect(loader, order)).toEqual(whole);
    });
  });

  it('of no images are none', async () => {
    await opened(async (loader) => expect(await collect(loader, inOrder(0))).toEqual([]), []);
  });
});

describe('a loader', () => {
  it('holds the rows that it needs, each once, or none', async () => {
    const tensors = set({ kind: 'pack', file: await packed() }, slots);
    const held = (memoryBudget: number) =>
      withLoader(tensors, { batch: 2, memoryBudget }, (loader) => Promise.resolve(loader.held));
    expect(await held(24)).toBe(24);
    expect(await held(23)).toBe(0);
  });

  it.each([0, 1])('names a pack that breaks under it, with %i threads', async (threads) => {
    const file = await packed();
    const tensors = set({ kind: 'pack', file }, slots);
    await withLoader(tensors, { batch: 2, memoryBudget: 0, threads }, async (loader) => {
      expect(await collect(loader, inOrder(2))).toHaveLength(1);
      await truncate(file, 30);
      await expect(collect(loader, inOrder(2), 2)).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        subject: file,
      });
    });
  });

  it('names a pack that is missing or too short', async () => {
    const file = await packed();
    const opening = (tensors: TensorSet) => openLoader(tensors, { batch: 1 });
    await expect(opening(set({ kind: 'pack', file: `${file}x` }, [0]))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      subject: `${file}x`,
    });
    await expect(opening(set({ kind: 'pack', file }, [10]))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      subject: file,
    });
  });

  it('tells how long its reader waited', async () => {
    const tensors = set({ kind: 'inline', data: rows }, slots);
    await withLoader(tensors, { batch: 2, threads: 0 }, async (loader) => {
      expect(loader.waited).toBe(0);
      await collect(loader, inOrder(5));
      // Three copies of a few bytes, and none of the time in which the reader worked.
      expect(loader.waited).toBeGreaterThan(0);
      expect(loader.waited).toBeLessThan(6);
    });
  });
});

describe('the ring', () => {
  it('holds as many batches as memory allows, and always one ahead', () => {
    expect(ringDepth(1000)).toBe(8);
    expect(ringDepth(8 * 1024 ** 2)).toBe(4);
    expect(ringDepth(1024 ** 3)).toBe(2);
  });
});
