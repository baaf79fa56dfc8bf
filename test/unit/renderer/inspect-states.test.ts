/** The state behind the Inspect screen, against a real core and a trained model. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import type { Run } from '#shared/contract/index.ts';
import { InspectState } from '../../../src/renderer/state/inspect/inspect.svelte.ts';
import { subjectOf } from '../../../src/renderer/state/inspect/subject.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let run: Run;
let other: Run;
let images: number[];
let inspect: InspectState;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'inspected', { train: 120, test: 40 });
  images = await test.client.library.images.ids({ project, filter: {} });
  ({ run } = await trainRun(test.client, project));
  ({ run: other } = await trainRun(test.client, project, { seed: 2 }));
  inspect = new InspectState(test.client.inspect, project);
}, 60_000);
afterAll(() => test.close());

const subject = () => inspect.subject!;

describe('where one looks', () => {
  it('begins at the first convolution', async () => {
    await inspect.choose(run);
    expect(inspect.layer?.name).toBe('conv2d');
    expect(inspect.layers.map(({ name }) => name)).toEqual(['conv2d', 'max_pooling2d', 'conv2d_1']);
    expect(subject()).toEqual(subjectOf(project, run, 'best'));
  });

  it('shows maps of layers that have no filters, and filters again of those that have', () => {
    inspect.view = 'filters';
    inspect.showLayer('max_pooling2d');
    expect(inspect.view).toBe('maps');
    inspect.showLayer('conv2d_1');
    expect(inspect.view).toBe('filters');
  });

  it('keeps the layer in another run of the same model', async () => {
    await inspect.choose(other);
    expect(inspect.layer?.name).toBe('conv2d_1');
    await inspect.choose(run);
  });

  it('knows that a checkpoint changed while the run goes on', () => {
    const later = { ...run, bestEpoch: (run.bestEpoch ?? 0) + 1 };
    expect(subjectOf(project, later, 'best')).not.toEqual(subjectOf(project, run, 'best'));
  });
});

describe('filters', () => {
  it('are pictures of the weights', async () => {
    const { filters } = inspect;
    inspect.showLayer('conv2d');
    await filters.load(subject(), inspect.layer!);
    const { values } = filters.bank.value!;
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const expected = [...values.subarray(9, 18)].map((w) => ((w - least) / (most - least)) * 255);
    const { pixels } = filters.tile(1);
    expected.forEach((level, at) => expect(Math.abs(pixels[at * 3]! - level)).toBeLessThan(0.51));
    filters.scale = 'kernel';
    expect(Math.max(...filters.tile(1).pixels)).toBe(255);
    expect(Math.min(...filters.tile(1).pixels)).toBe(0);
    expect(filters.colorMap).toBe('grey');
    filters.scale = 'symmetric';
    expect(filters.colorMap).toBe('diverging');
    expect(filters.weights(1, 0)).toEqual([...values.subarray(9, 18)]);
  });

  it('come in the order that is asked for', () => {
    const { filters } = inspect;
    const { norms, groups } = filters.bank.value!;
    expect(filters.shown).toEqual(norms.map((_, index) => index));
    filters.order = 'norm';
    const shown = filters.shown.map((filter) => norms[filter]!);
    expect(shown).toEqual(norms.toSorted((a, b) => b - a));
    filters.order = 'similar';
    expect(filters.shown).toEqual(groups.flat());
    filters.few = true;
    expect(filters.shown).toEqual(Array.from({ length: 16 }, (_, index) => index));
    filters.few = false;
  });

  it('of another layer begin at its first channel, with none selected', async () => {
    const { filters } = inspect;
    filters.selected = 3;
    inspect.showLayer('conv2d_1');
    await filters.load(subject(), inspect.layer!);
    expect(filters.selected).toBeNull();
    filters.channel = 31;
    expect(filters.channel).toBe(31);
    inspect.showLayer('conv2d');
    await filters.load(subject(), inspect.layer!);
    expect(filters.channel).toBe(0);
  });
});

describe('feature maps', () => {
  it('need a picture: of the library, or a file', async () => {
    const { picture } = inspect;
    expect(picture.source).toBeNull();
    picture.showImage(images[0]!);
    await picture.read(subject());
    expect(picture.seen.value).toMatchObject({ height: 28, width: 28, channels: 1 });
    const before = picture.source!.key;
    const grey = { width: 28, height: 28, channels: 3, background: 'grey' } as const;
    const png = await sharp({ create: grey }).png().toBuffer();
    picture.showFile(new File([new Uint8Array(png)], 'grey.png'));
    expect(picture.name).toBe('grey.png');
    expect(picture.source!.key).not.toBe(before);
    await picture.read(subject());
    expect(new Set(picture.seen.value!.pixels)).toEqual(new Set([128]));
    picture.showImage(images[0]!);
  });

  it('are there as tiles, in order, and whole', async () => {
    const { maps, picture } = inspect;
    await maps.first.load(subject(), picture.source!, 'conv2d');
    const found = maps.first.maps.value!;
    expect([found.tiles.length, found.tileHeight, found.tileWidth]).toEqual([32, 26, 26]);
    maps.order = 'mean';
    const means = maps.shown.map((channel) => found.channels[channel]!.mean);
    expect(means).toEqual(means.toSorted((a, b) => b - a));
    expect(maps.tile(found, 4).pixels.length).toBe(26 * 26 * 3);
    await maps.first.loadFull(subject(), picture.source!, 'conv2d', 4);
    const full = maps.first.full.value!;
    expect(full.values.length).toBe(26 * 26);
    expect(full.stats.most).toBeCloseTo(Math.max(...full.values), 6);
    expect(full.stats).toEqual(found.channels[4]);
  });

  it('of all layers at a glance say how much is off', async () => {
    const { maps, picture } = inspect;
    await maps.look(subject(), picture.source!, inspect.layers);
    const overview = maps.overview.value!;
    expect([...overview.layers.keys()]).toEqual(['conv2d', 'max_pooling2d', 'conv2d_1']);
    expect(overview.layers.get('conv2d')!.zeros).toBe(maps.first.maps.value!.zeros);
    expect(overview.probabilities.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
  });

  it('of two pictures, or of two runs, lie side by side', async () => {
    const { maps, picture, compare } = inspect;
    const first = picture.source!;
    expect(compare.beside(subject(), first)).toBeNull();
    compare.choose('picture', { image: images[1]!, run: other });
    const pictures = compare.beside(subject(), first)!;
    expect(pictures.source.source).toEqual({ image: images[1] });
    await maps.second.load(pictures.subject, pictures.source, 'conv2d');
    expect(maps.second.maps.value!.tiles).not.toEqual(maps.first.maps.value!.tiles);
    compare.choose('run', { image: null, run: other });
    const runs = compare.beside(subject(), first)!;
    expect([runs.subject.run, runs.source]).toEqual([other.id, first]);
    await maps.second.load(runs.subject, runs.source, 'conv2d');
    expect(maps.second.maps.value!.tiles).not.toEqual(maps.first.maps.value!.tiles);
    await maps.second.load(runs.subject, runs.source, 'no_such_layer');
    expect(maps.second.maps.failure).toMatchObject({ code: 'NOT_FOUND' });
    compare.choose('none', { image: null, run: null });
  });
});

describe('where the model looks', () => {
  it('is told for what the model says, and for a class that is asked for', async () => {
    const { why, picture } = inspect;
    await why.first.load(subject(), picture.source!, why.request, null);
    const map = why.first.map.value!;
    const top = inspect.maps.overview.value!.probabilities;
    expect(top[map.class]).toBe(Math.max(...top));
    expect([map.height, map.width, map.values.length]).toEqual([11, 11, 121]);
    expect(Math.min(...map.values)).toBeGreaterThanOrEqual(0);
    const asked = map.class === 0 ? 1 : 0;
    why.method = 'saliency';
    await why.first.load(subject(), picture.source!, why.request, null);
    await why.second.load(subject(), picture.source!, why.request, asked);
    expect(why.second.map.value!.class).toBe(asked);
    expect(why.second.map.value!.values).not.toEqual(why.first.map.value!.values);
  });

  it('comes step by step where it takes long', async () => {
    const { why, picture } = inspect;
    why.method = 'occlusion';
    const seen: number[] = [];
    const loading = why.first.load(subject(), picture.source!, why.request, 1);
    const timer = setInterval(() => seen.push(why.first.map.value?.done ?? 0), 1);
    await loading;
    clearInterval(timer);
    const { done, total, height, width } = why.first.map.value!;
    expect(done).toBe(total);
    expect([height, width]).toEqual([28, 28]);
    expect(seen.every((each) => each <= total)).toBe(true);
  });

  it('sets the label beside the answer where they differ', () => {
    const { why } = inspect;
    expect(why.secondClass(2, 3)).toBe(2);
    expect(why.secondClass(3, 3)).toBeNull();
    expect(why.secondClass(null, 3)).toBeNull();
    why.beside = 1;
    expect(why.secondClass(2, 3)).toBe(1);
    why.beside = 'none';
    expect(why.secondClass(2, 3)).toBeNull();
  });
});

describe('the film', () => {
  it('goes from before training to the last weights', async () => {
    const { film, filters } = inspect;
    await film.load(project, run);
    expect(film.film.value!.epochs).toEqual([0, 1, 2]);
    await inspect.choose(run, 'last');
    inspect.showLayer('conv2d');
    await filters.load(subject(), inspect.layer!);
    const last = filters.weights(0, 0);
    film.show(0);
    expect([film.epoch, film.hasFilters('conv2d'), film.hasFilters('conv2d_1')]).toEqual([
      0,
      true,
      false,
    ]);
    expect(filters.weights(0, 0)).not.toEqual(last);
    film.show(2);
    expect(filters.weights(0, 0)).toEqual(last);
    const maps = film.maps('conv2d')!;
    expect(maps.tiles[0]!.length).toBe(maps.height * maps.width);
    film.leave();
    expect(film.maps('conv2d')).toBeNull();
    expect(filters.weights(0, 0)).toEqual(last);
  });
});

describe('what excites a filter', () => {
  it('is found among the images, highest first', async () => {
    const { neurons } = inspect;
    await neurons.excite(subject(), 'conv2d');
    const { done, total, channels } = neurons.of('conv2d')!;
    expect(done).toBe(total);
    expect(channels).toHaveLength(32);
    for (const { top, most } of channels) {
      const values = top.map(({ value }) => value);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      expect(values[0]).toBe(most);
    }
    expect(neurons.of('conv2d_1')).toBeNull();
  });

  it('is made from noise', async () => {
    const { wanted } = inspect.neurons;
    await wanted.make(subject(), { layer: 'conv2d', channel: 3 });
    const made = wanted.of({ layer: 'conv2d', channel: 3 })!;
    expect(made.done).toBe(made.total);
    expect(made.pixels.length).toBe(784);
    expect(wanted.of({ layer: 'conv2d', channel: 4 })).toBeNull();
    expect(wanted.of({ class: 3 })).toBeNull();
  });
});

describe('the map of images', () => {
  it('has a point for each, and selects them by lasso, circle and group', async () => {
    const { embedding } = inspect;
    embedding.limit = 100;
    await embedding.load(subject());
    const { phase, images, points } = embedding.map.value!;
    expect(phase).toBe('points');
    expect(points).toHaveLength(2 * images!.images.length);
    expect(Math.min(...points!)).toBeGreaterThanOrEqual(-1e-6);
    expect(Math.max(...points!)).toBeLessThanOrEqual(1 + 1e-6);
    const corners = [
      { x: -1, y: -1 },
      { x: 2, y: -1 },
      { x: 2, y: 2 },
      { x: -1, y: 2 },
    ];
    embedding.lasso(corners);
    expect(embedding.images).toEqual(images!.images);
    embedding.selectWhere((index, { predicted }) => predicted?.[index] === 0);
    expect(embedding.selected.size).toBe(images!.predicted!.filter((each) => each === 0).length);
    embedding.select([]);
    embedding.circle({ x: points![0]!, y: points![1]! }, 1e-6);
    expect([...embedding.selected]).toContain(0);
    embedding.setLabels(images!.images.map(() => 1));
    expect(new Set(embedding.map.value!.images!.labels)).toEqual(new Set([1]));
  });
});

describe('leaving', () => {
  it('gives up what is being computed', async () => {
    inspect.maps.first.maps.clear();
    const loading = inspect.maps.first.load(subject(), inspect.picture.source!, 'conv2d_1');
    inspect.leave();
    await loading;
    expect(inspect.maps.first.maps).toMatchObject({ busy: false, value: null, failure: null });
  });
});
