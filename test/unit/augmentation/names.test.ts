import { describe, expect, it } from 'vitest';
import { augmentationSpec, type AugmentationInput } from '#shared/augmentation.ts';
import { augmentationPresets } from '#shared/augmentations/presets.ts';
import { labelRisks } from '#shared/augmentations/risks.ts';
import { suggestAugmentation } from '#shared/augmentations/suggest.ts';

const fashion = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Ankle boot'];
const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
const small = { height: 28, width: 28, channels: 1 };
const photo = { height: 150, width: 150, channels: 3 };

describe('the suggested augmentation', () => {
  it.each([
    ['digits', { ...small, classNames: digits }, 'digits-text'],
    ['words for digits', { ...small, classNames: ['zero', 'one', 'two'] }, 'digits-text'],
    ['letters', { ...photo, classNames: ['A', 'B', 'letter C'] }, 'digits-text'],
    ['clothing', { ...small, classNames: fashion }, 'objects'],
    ['cats and dogs', { ...photo, classNames: ['cats', 'dogs'] }, 'photos'],
    ['skin', { ...photo, classNames: ['melanoma', 'nevus', 'benign keratosis'] }, 'microscopy'],
    ['land use', { ...photo, classNames: ['Forest', 'River', 'SeaLake'] }, 'from-above'],
    ['nothing labeled yet', { ...photo, classNames: [] }, 'photos'],
  ])('for %s', (_, kind, id) => {
    expect(suggestAugmentation(kind).id).toBe(id);
  });

  it('never comes with a warning for what it is suggested for', () => {
    for (const classNames of [digits, fashion, ['cats', 'dogs'], ['melanoma', 'nevus']]) {
      const { spec } = suggestAugmentation({ ...photo, classNames });
      expect(labelRisks(spec, classNames)).toEqual([]);
    }
  });
});

describe('warnings by class names', () => {
  const risksOf = (operation: AugmentationInput['operations'][number], classNames: string[]) =>
    labelRisks(augmentationSpec.parse({ name: 'x', operations: [operation] }), classNames);

  it.each([
    [{ type: 'flip-horizontal', probability: 0.5 }, digits],
    [{ type: 'flip-vertical' }, digits],
    [{ type: 'rotate', range: [-180, 180] }, digits],
    [{ type: 'quarter-turn' }, ['turn left', 'turn right']],
    [{ type: 'flip-horizontal' }, ['leftHand', 'rightHand']],
    [{ type: 'flip-vertical' }, ['thumb up', 'thumb down']],
    [{ type: 'hue', range: [-90, 90] }, ['red apple', 'green apple']],
    [{ type: 'greyscale', probability: 0.1 }, ['ripe', 'unripe']],
    [{ type: 'brightness', range: [0.5, 1.5] }, ['day', 'night']],
    [{ type: 'crop', range: [0.3, 1] }, ['small', 'large']],
    [{ type: 'blur', range: [1, 2] }, ['sharp', 'blurred']],
  ] as const)('warns of %o', (operation, classNames) => {
    const [risk, ...more] = risksOf(operation as never, [...classNames]);
    expect(more).toEqual([]);
    expect(risk).toMatchObject({
      operation: 0,
      reason: expect.stringContaining(classNames[0]) as string,
    });
  });

  it.each([
    [{ type: 'rotate', range: [-15, 15] }, digits],
    [{ type: 'shift-x', range: [-0.1, 0.1] }, digits],
    [{ type: 'flip-vertical' }, fashion],
    [{ type: 'flip-horizontal', on: false }, digits],
    [{ type: 'hue', range: [-9, 9] }, ['cats', 'dogs']],
  ] as const)('does not warn of %o', (operation, classNames) => {
    expect(risksOf(operation as never, [...classNames])).toEqual([]);
  });
});

describe('presets', () => {
  it('have names of their own, and no mirror for characters and documents', () => {
    const ids = augmentationPresets.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(augmentationPresets.map(({ name }) => name)).size).toBe(ids.length);
    for (const id of ['digits-text', 'documents']) {
      const { spec } = augmentationPresets.find((preset) => preset.id === id)!;
      expect(spec.operations.some(({ type }) => type.startsWith('flip'))).toBe(false);
    }
  });

  it('are refused with a range the wrong way round', () => {
    const wrong = { name: 'x', operations: [{ type: 'rotate', range: [10, -10] }] };
    expect(augmentationSpec.safeParse(wrong).success).toBe(false);
  });
});
