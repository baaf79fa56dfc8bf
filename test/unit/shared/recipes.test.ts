import { describe, expect, it } from 'vitest';
import { augmentationSpec } from '#shared/augmentation.ts';
import { trainingDefaults } from '#shared/contract/models.ts';
import { modelSpec } from '#shared/model-spec.ts';
import { recipes, type RecipeData } from '#shared/recipes/index.ts';
import { imagesInEpochs } from '#shared/unlabeled.ts';
import { checkModel } from '#core/engine/layers/summary.ts';

const cases: Record<string, RecipeData> = {
  clothes: {
    height: 28,
    width: 28,
    channels: 1,
    labels: 500,
    unlabeled: 59_500,
    classNames: ['Trouser', 'Dress', 'Bag'],
  },
  digits: {
    height: 28,
    width: 28,
    channels: 1,
    labels: 60,
    unlabeled: 0,
    classNames: ['0', '1', '2', '6', '9'],
  },
  icons: {
    height: 64,
    width: 48,
    channels: 3,
    labels: 1500,
    unlabeled: 300,
    classNames: ['cat', 'dog'],
  },
  photos: {
    height: 3000,
    width: 4000,
    channels: 3,
    labels: 20_000,
    unlabeled: 100_000,
    classNames: ['cat', 'dog'],
  },
};

describe.each(recipes)('the recipe $id', ({ make }) => {
  it.each(Object.entries(cases))('makes a whole training for %s', (_name, data) => {
    const { spec, settings } = make(data);
    expect(modelSpec.parse(spec)).toEqual(spec);
    expect(trainingDefaults.parse(settings)).toEqual(settings);
    const { problem, summary } = checkModel(spec, data.classNames.length);
    expect(problem).toBeNull();
    expect(summary.macs).toBeLessThan(200e6);
    expect(augmentationSpec.parse(settings.augment)).toEqual(settings.augment);
    // However many labels there are, the training takes about as long.
    const images = { labeled: data.labels, unlabeled: data.unlabeled };
    expect(imagesInEpochs(settings.unlabeled, images, settings.epochs)).toBeLessThan(4e6);
  });

  it('does not mirror characters', () => {
    const mirrors = (data: RecipeData) => {
      const { settings } = make(data);
      const flips = settings.augment?.operations.some(({ type }) => type === 'flip-horizontal');
      return [flips, settings.views?.flip ?? false];
    };
    expect(mirrors(cases['digits']!)).toEqual([false, false]);
    expect(mirrors(cases['clothes']!)).toEqual([true, true]);
  });
});
