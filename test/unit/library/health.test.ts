import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createClass } from '#core/labels/classes.ts';
import { healthOf } from '#core/library/health.ts';
import { assignSplits, setSplit, useImportedSplits } from '#core/library/splits.ts';
import type { Project } from '#core/projects/project.ts';
import { encoded } from '../../helpers/pictures.ts';
import { createWorkbench, type Workbench } from '../../helpers/workbench.ts';

let bench: Workbench;
let project: Project;
let source: string;

beforeEach(async () => {
  bench = createWorkbench();
  project = await bench.create();
  source = join(bench.folder, 'source');
});
afterEach(() => bench.close());

async function fill(folders: Record<string, number>): Promise<void> {
  let seed = 0;
  for (const [folder, count] of Object.entries(folders)) {
    mkdirSync(join(source, folder), { recursive: true });
    for (let i = 0; i < count; i++) {
      writeFileSync(
        join(source, folder, `${i}.png`),
        await encoded('png', 24, folder === 'tiny' ? 8 : 24, seed++),
      );
    }
  }
  await bench.import(project, source);
}

const texts = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await healthOf(project)).map(({ id, text }) => [id, text]));

it('has nothing to say of nothing', async () => {
  expect(await healthOf(project)).toEqual([]);
});

it('names what is missing, lopsided or tiny, with numbers', async () => {
  await fill({ cat: 24, dog: 3, tiny: 2, '.': 4 });
  createClass(project, 'bird');
  expect(await texts()).toEqual({
    unlabeled: '4 images without a label.',
    'empty-classes': 'bird has no images yet.',
    'few-images': 'dog and tiny have fewer than 20 images.',
    imbalance: 'cat has 12 times as many images as tiny.',
    'no-split': '33 images without a split: training would have nothing to be tested on.',
    tiny: '2 images narrower than 16 pixels; the smallest is 8.',
  });
  const findings = await healthOf(project);
  const severities = findings.map(({ severity }) => severity);
  expect(severities).toEqual(
    severities.toSorted((a, b) => (a === b ? 0 : a === 'warning' ? -1 : 1)),
  );
  // Every filter finds as many images as its finding says, where it counts images.
  for (const { id, filter, count } of findings) {
    if (filter && ['unlabeled', 'no-split'].includes(id))
      expect(project.store.images.count(filter)).toBe(count);
  }
});

it('follows the splits', async () => {
  await fill({ 'train/cat': 20, 'train/dog': 20 });
  expect(await texts()).toEqual({
    labels: 'All 40 images are labeled.',
    balance: '2 classes of similar size.',
    'no-held-out': 'All 40 images are for training: none are held out to test on.',
  });
  const ids = project.store.images.ids();
  setSplit(project, ids.slice(0, 4), 'test');
  setSplit(project, ids.slice(4, 6), null);
  expect(await texts()).toMatchObject({
    unassigned: '2 images in no split: not used for training or testing.',
  });
  expect(useImportedSplits(project)).toMatchObject({ train: 40, test: 0, none: 0, imported: 40 });
  const dealt = assignSplits(project, {
    train: 0.5,
    validation: 0.25,
    test: 0.25,
    seed: 3,
    stratified: true,
    scope: 'all',
  });
  expect(dealt).toMatchObject({ train: 20, validation: 10, test: 10, none: 0 });
  expect(dealt.classes).toMatchObject([{ train: 10, validation: 5, test: 5 }, { train: 10 }]);
  const again = assignSplits(project, {
    train: 0,
    validation: 0,
    test: 1,
    seed: 3,
    stratified: true,
    scope: 'unassigned',
  });
  expect(again).toEqual(dealt);
  expect(() =>
    assignSplits(project, {
      train: 0.8,
      validation: 0.2,
      test: 0.2,
      seed: 1,
      stratified: true,
      scope: 'all',
    }),
  ).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
});
