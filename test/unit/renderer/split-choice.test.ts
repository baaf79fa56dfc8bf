import { expect, it } from 'vitest';
import type { Run, SplitSummary } from '../../../src/shared/contract/index.ts';
import { bestSplit, imagesFor } from '../../../src/renderer/features/evaluate/split-choice.ts';

const splits = (train: number, validation: number, test: number, none = 0): SplitSummary => ({
  total: train + validation + test + none,
  train,
  validation,
  test,
  none,
  imported: 0,
  classes: [],
});
const run = (validateOn: Run['options']['validateOn'], validationImages: number): Run =>
  ({ options: { validateOn }, validationImages }) as Run;
const heldOut = run({ kind: 'fraction', fraction: 0.2 }, 160);
const onTest = run({ kind: 'split', split: 'test' }, 60);

it('judges on test, else on what the run held out, else on whatever there is', () => {
  expect(bestSplit(onTest, splits(200, 0, 60))).toBe('test');
  expect(bestSplit(onTest, splits(200, 30, 0))).toBe('validation');
  expect(bestSplit(heldOut, splits(0, 0, 0, 801))).toBe('validation');
  expect(bestSplit(run({ kind: 'none' }, 0), splits(200, 0, 0))).toBe('train');
});

it('counts what the core will ask about', () => {
  expect(imagesFor(heldOut, splits(0, 0, 0, 801), 'validation')).toBe(160);
  expect(imagesFor(heldOut, splits(0, 0, 0, 801), 'train')).toBeUndefined();
  // Without any split all images are training images.
  expect(imagesFor(onTest, splits(0, 0, 0, 801), 'train')).toBe(801);
  expect(imagesFor(onTest, splits(500, 0, 60, 241), 'train')).toBe(500);
  expect(imagesFor(onTest, null, 'test')).toBeUndefined();
});
