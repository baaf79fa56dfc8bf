import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpackBytes, unpackFloats } from '#shared/float-text.ts';
import { argmax } from '#shared/metrics.ts';
import type { EmbeddingEvent, ExcitedFilters, WantedPictures } from '#shared/contract/index.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { InspectService } from '#core/engine/inspect/service.ts';
import type { Excited } from '#core/engine/inspect/tasks.ts';
import { bars, temporaryFolder, tinySpec } from '../engine/helpers.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { saveModel } from '../../helpers/saved-model.ts';
import { createProject, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let run: string;
let images: number[];

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 160, test: 60 });
  images = await test.client.library.images.ids({ project });
  const trained = await trainRun(test.client, project, { epochs: 4 });
  run = trained.run.id;
}, 60_000);
afterAll(() => test.close());

async function all<T>(stream: Promise<AsyncIterable<T>>): Promise<T[]> {
  const events: T[] = [];
  for await (const event of await stream) events.push(event);
  return events;
}

describe('what excites filters', () => {
  const excite = async (layer: string): Promise<ExcitedFilters> => {
    const stream = test.client.inspect.excite({
      ...{ project, run, layer },
      images: images.slice(0, 20),
      top: 3,
    });
    return (await all(stream)).at(-1)!;
  };

  it.each(['conv2d', 'conv2d_1'])('is where %s’s maps are highest', async (layer) => {
    const { channels, done, total } = await excite(layer);
    expect([done, total]).toEqual([20, 20]);
    const highest = await Promise.all(
      images.slice(0, 20).map(async (image) => {
        const { stats } = await test.client.inspect.activations({
          ...{ project, run, layer },
          source: { image },
        });
        return { image, most: stats.map((each) => each.most) };
      }),
    );
    channels.forEach((channel, index) => {
      const expected = highest
        .map(({ most }) => most[index]!)
        .toSorted((a, b) => b - a)
        .slice(0, 3);
      channel.top.forEach(({ value, image }, rank) => {
        expect(value).toBeCloseTo(expected[rank]!, 4);
        expect(highest.find((each) => each.image === image)?.most[index]).toBeCloseTo(value, 4);
      });
      expect(channel.most).toBeCloseTo(expected[0]!, 4);
    });
  });

  it('is seen in the box that it says, and nowhere else', async () => {
    const layer = 'conv2d_1';
    const { channels } = await excite(layer);
    const index = channels.findIndex(({ most }) => most > 0);
    const [{ image, value, row, column, box }] = channels[index]!.top as [
      ExcitedFilters['channels'][number]['top'][number],
    ];
    // 3×3, then pairs, then 3×3 of those.
    expect(box).toEqual({ top: row * 2, left: column * 2, height: 8, width: 8 });
    const { pixels } = await test.client.inspect.pixels({ project, run, source: { image } });
    const bytes = new Uint8Array(await pixels.arrayBuffer());
    const valueOf = async (changed: Uint8Array<ArrayBuffer>) => {
      const { values, width } = await test.client.inspect.activations({
        ...{ project, run, layer, channels: [index] },
        source: { pixels: new File([changed], 'pixels') },
      });
      return new Float32Array(await values.arrayBuffer())[row * width + column]!;
    };
    const within = (at: number) =>
      Math.floor(at / 28) >= box.top &&
      Math.floor(at / 28) < box.top + box.height &&
      at % 28 >= box.left &&
      at % 28 < box.left + box.width;
    expect(await valueOf(bytes.map((byte, at) => (within(at) ? byte : 255 - byte)))).toBeCloseTo(
      value,
      4,
    );
    expect(
      await valueOf(bytes.map((byte, at) => (within(at) ? 255 - byte : byte))),
    ).not.toBeCloseTo(value, 4);
  });

  it('names the dead', async () => {
    const runDir = await temporaryFolder();
    await saveModel(runDir, tinySpec, 3, ({ trainable }) => {
      const weights = Float32Array.from({ length: trainable.size }, (_, at) => Math.sin(at));
      const part = (name: string) => trainable.entries.find(({ fullName }) => fullName === name)!;
      // A filter that is always below zero.
      weights.fill(0, part('conv2d/kernel').offset, part('conv2d/kernel').offset + 9);
      weights[part('conv2d/bias').offset] = -1;
      return { trainable: weights, statistics: new Float32Array() };
    });
    const service = new InspectService(createBackend(chooseBackend('cpu', 1), 1));
    const { channels } = (await service.perform(
      {
        task: 'excite',
        subject: { runDir, checkpoint: 'best' },
        input: { set: bars(40, 3), layer: 'conv2d', top: 2 },
      },
      {},
    )) as Excited;
    expect(channels.map(({ dead }) => dead)).toEqual([true, false, false, false]);
    expect(channels[0]).toMatchObject({ active: 0, most: 0 });
    expect(channels[0]?.top).toHaveLength(2);
  });
});

describe('what a neuron wants', () => {
  const last = async (target: Parameters<typeof test.client.inspect.maximise>[0]['target']) =>
    (await all(test.client.inspect.maximise({ project, run, target, steps: 60 }))).at(
      -1,
    ) as WantedPictures;

  it('excites the filter more and more', async () => {
    const target = { layer: 'conv2d_1', channels: [0, 7, 21] };
    const first = (await all(test.client.inspect.maximise({ project, run, target, steps: 1 }))).at(
      -1,
    )!;
    const { scores, pixels, done, total } = await last(target);
    expect([done, total]).toEqual([60, 60]);
    scores.forEach((score, at) => expect(score).toBeGreaterThan(first.scores[at]! + 0.03));
    expect(unpackBytes(pixels).length).toBe(3 * 784);
    expect((await last(target)).pixels).toBe(pixels);
  });

  it('is a pattern for each filter of a first layer on grey', async () => {
    const channels = Array.from({ length: 16 }, (_, filter) => filter);
    const { pixels } = await last({ layer: 'conv2d', channels });
    const bytes = unpackBytes(pixels);
    const even = channels.filter((_, at) => {
      const picture = bytes.subarray(at * 784, (at + 1) * 784);
      return Math.max(...picture) - Math.min(...picture) < 64;
    });
    expect(even).toEqual([]);
  });

  it('is taken for the class that it is of', async () => {
    const { pixels } = await last({ classes: [0, 1, 2, 3] });
    const bytes = unpackBytes(pixels);
    for (let index = 0; index < 4; index++) {
      const picture = bytes.slice(index * 784, (index + 1) * 784);
      const { probabilities } = await test.client.inspect.maps({
        ...{ project, run },
        source: { pixels: new File([picture], 'pixels') },
        layers: ['conv2d'],
      });
      expect(argmax(probabilities)).toBe(index);
    }
  });

  it('is refused for filters and classes that there are not', async () => {
    const { inspect } = test.client;
    for (const target of [{ layer: 'conv2d', channels: [32] }, { classes: [4] }]) {
      await expect(all(inspect.maximise({ project, run, target }))).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
  });
});

describe('the map of images', () => {
  const embed = (changes: { seed?: number } = {}): Promise<EmbeddingEvent[]> =>
    all(test.client.inspect.embedding({ project, run, images, neighbors: 8, ...changes }));

  it('puts images of one class near each other, alike with the same seed, and is kept', async () => {
    const events = await embed();
    const about = events.find((event) => event.type === 'images')!;
    const final = events.findLast((event) => event.type === 'points')!;
    expect(final.done).toBe(final.total);
    expect(about.images).toEqual(images);
    expect(about.labels.every((label) => label !== null)).toBe(true);
    expect(new Set(about.splits)).toEqual(new Set(['train', 'test']));
    const points = unpackFloats(final.points);
    expect(points.length).toBe(images.length * 2);
    const near = (index: number): number => {
      const distances = images.map((_, other) =>
        other === index
          ? Infinity
          : Math.hypot(
              points[index * 2]! - points[other * 2]!,
              points[index * 2 + 1]! - points[other * 2 + 1]!,
            ),
      );
      return distances.indexOf(Math.min(...distances));
    };
    const alike = images.filter(
      (_, index) => about.predicted?.[near(index)] === about.predicted?.[index],
    );
    expect(alike.length / images.length).toBeGreaterThan(0.8);

    expect(await embed()).toEqual([
      about,
      { type: 'points', done: 1, total: 1, points: final.points },
    ]);
    const kept = readdirSync(join(test.folder, 'squares.fovea/cache/inspections'));
    expect(kept).toHaveLength(1);
    const other = await embed({ seed: 2 });
    expect(other.findLast((event) => event.type === 'points')?.points).not.toBe(final.points);
  });

  it.each([1, 2, 3, 4, 16])('is of a few images too: %i', async (few) => {
    const events = await all(
      test.client.inspect.embedding({ project, run, images: images.slice(0, few) }),
    );
    const last = events.findLast((event) => event.type === 'points');
    expect(unpackFloats(last!.points)).toHaveLength(2 * few);
  });
});
