/** Augmentations that the app knows, by purpose, and those of published experiments. */
import {
  augmentationSpec,
  type AugmentationInput,
  type AugmentationSpec,
} from '../augmentation.ts';

export interface AugmentationPreset {
  id: string;
  name: string;
  /** What it is for, in one sentence. */
  purpose: string;
  group: 'By purpose' | 'Strong' | 'From the literature';
  spec: AugmentationSpec;
}

type Entry = Omit<AugmentationPreset, 'spec'> & { spec: Omit<AugmentationInput, 'name'> };

const purpose = 'By purpose' as const;
const strong = 'Strong' as const;
const literature = 'From the literature' as const;
const half = 0.5;

const entries: Entry[] = [
  {
    id: 'digits-text',
    name: 'Digits and text',
    purpose: 'Small turns, shifts and slants; nothing is mirrored, so that a 6 stays a 6.',
    group: purpose,
    spec: {
      operations: [
        { type: 'rotate', range: [-10, 10] },
        { type: 'shear-x', range: [-10, 10] },
        { type: 'zoom', range: [0.9, 1.1] },
        { type: 'shift-x', range: [-0.08, 0.08] },
        { type: 'shift-y', range: [-0.08, 0.08] },
      ],
    },
  },
  {
    id: 'objects',
    name: 'Clothing and small objects',
    purpose: 'Things seen upright and from the front: mirrored, moved and turned a little.',
    group: purpose,
    spec: {
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'rotate', range: [-8, 8] },
        { type: 'zoom', range: [0.9, 1.1] },
        { type: 'shift-x', range: [-0.08, 0.08] },
        { type: 'shift-y', range: [-0.08, 0.08] },
        { type: 'brightness', range: [0.9, 1.1] },
      ],
    },
  },
  {
    id: 'photos',
    name: 'Photos',
    purpose: 'Everyday photos: mirrored, cropped, and under other light.',
    group: purpose,
    spec: {
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'rotate', range: [-15, 15], probability: half },
        { type: 'crop', range: [0.6, 1] },
        { type: 'brightness', range: [0.8, 1.2] },
        { type: 'contrast', range: [0.8, 1.2] },
        { type: 'saturation', range: [0.7, 1.3] },
        { type: 'hue', range: [-8, 8] },
      ],
    },
  },
  {
    id: 'microscopy',
    name: 'Medical and microscopy',
    purpose: 'Pictures without an up: all turns and mirrors, soft deformations, stain and light.',
    group: purpose,
    spec: {
      fill: 'reflect',
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'quarter-turn' },
        { type: 'rotate', range: [-20, 20] },
        { type: 'zoom', range: [0.9, 1.15] },
        { type: 'elastic', range: [0, 0.04], probability: half },
        { type: 'brightness', range: [0.9, 1.1] },
        { type: 'contrast', range: [0.85, 1.15] },
        { type: 'hue', range: [-5, 5] },
      ],
    },
  },
  {
    id: 'from-above',
    name: 'From above',
    purpose: 'Satellite and drone pictures, parts on a belt: any direction is as good as another.',
    group: purpose,
    spec: {
      fill: 'reflect',
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'rotate', range: [-180, 180] },
        { type: 'zoom', range: [0.85, 1.2] },
        { type: 'brightness', range: [0.85, 1.15] },
        { type: 'contrast', range: [0.85, 1.15] },
      ],
    },
  },
  {
    id: 'documents',
    name: 'Documents and signs',
    purpose: 'Photographed by hand: a tilted view, blur, noise and uneven light; never mirrored.',
    group: purpose,
    spec: {
      operations: [
        { type: 'rotate', range: [-5, 5] },
        { type: 'perspective', range: [0, 0.15] },
        { type: 'zoom', range: [0.92, 1.08] },
        { type: 'brightness', range: [0.75, 1.25] },
        { type: 'contrast', range: [0.75, 1.25] },
        { type: 'blur', range: [0.3, 1.2], probability: 0.3 },
        { type: 'noise', range: [2, 10], probability: 0.3 },
      ],
    },
  },
  {
    id: 'few-labels',
    name: 'Very few images',
    purpose: 'For some hundred images: mirrored, moved, turned, and a patch of each taken away.',
    group: strong,
    spec: {
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'rotate', range: [-12, 12] },
        { type: 'zoom', range: [0.85, 1.15], aspect: 'free' },
        { type: 'shift-x', range: [-0.1, 0.1] },
        { type: 'shift-y', range: [-0.1, 0.1] },
        { type: 'brightness', range: [0.8, 1.2] },
        { type: 'contrast', range: [0.8, 1.2] },
        { type: 'erase', range: [0.02, 0.2], probability: half },
      ],
    },
  },
  {
    id: 'auto',
    name: 'Automatic (RandAugment)',
    purpose: 'Two operations drawn anew for each image; one number sets how strong.',
    group: strong,
    spec: {
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'auto', count: 2, magnitude: 5 },
      ],
    },
  },
  {
    id: 'fashion-small-aug',
    name: 'Fashion small, augmented',
    purpose: 'Up or down by up to 3 pixels, and mirrored.',
    group: literature,
    spec: {
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'shift-y', range: [-3, 3], unit: 'pixels' },
      ],
    },
  },
  {
    id: 'fashion-small-crop',
    name: 'Fashion small, cropped',
    purpose: 'Mirrored, turned by up to 10°, cropped to 0.9–1.0 of the area.',
    group: literature,
    spec: {
      fill: 'constant',
      operations: [
        { type: 'flip-horizontal', probability: half },
        { type: 'rotate', range: [-10, 10] },
        { type: 'crop', range: [0.9, 1] },
      ],
    },
  },
  {
    id: 'cifar-deep-aug',
    name: 'CIFAR deep, augmented',
    purpose: 'Turned by up to 40°, moved and zoomed by up to a fifth, mirrored.',
    group: literature,
    spec: {
      operations: [
        { type: 'rotate', range: [-40, 40] },
        { type: 'shift-y', range: [-0.2, 0.2] },
        { type: 'shift-x', range: [-0.2, 0.2] },
        { type: 'zoom', range: [0.8, 1.2], aspect: 'free' },
        { type: 'flip-horizontal', probability: half },
      ],
    },
  },
  {
    id: 'cats-dogs-aug',
    name: 'Cats and dogs, augmented',
    purpose: 'Turned by up to 40°, moved, slanted and zoomed by up to a fifth, mirrored.',
    group: literature,
    spec: {
      operations: [
        { type: 'rotate', range: [-40, 40] },
        { type: 'shift-y', range: [-0.2, 0.2] },
        { type: 'shift-x', range: [-0.2, 0.2] },
        // 0.2 was radians when this was published: 11.5 degrees.
        { type: 'shear-x', range: [-11.5, 11.5] },
        { type: 'zoom', range: [0.8, 1.2], aspect: 'free' },
        { type: 'flip-horizontal', probability: half },
      ],
    },
  },
];

/** In the order in which they are offered, those of one group together. */
export const augmentationPresets: readonly AugmentationPreset[] = entries.map((entry) => ({
  ...entry,
  spec: augmentationSpec.parse({ name: entry.name, ...entry.spec }),
}));

export function findAugmentation(id: string): AugmentationPreset | undefined {
  return augmentationPresets.find((preset) => preset.id === id);
}
