import { cifarBn, cifarDeep, cifarDeepAug, cifarSimple } from './cifar.ts';
import { course28 } from './course-28.ts';
import { fashionCnn, fashionSmallCrop } from './fashion-cnn.ts';
import { fashionSmall, fashionSmallAug } from './fashion-small.ts';
import { inceptionV3 } from './inception.ts';
import { lenet } from './lenet.ts';
import { mobilenetV2 } from './mobilenet.ts';
import { catsDogs, catsDogsAug, rockPaperScissors } from './photos.ts';
import { resnets } from './resnet.ts';
import type { Preset } from './types.ts';
import { vgg16 } from './vgg.ts';

export type { Preset } from './types.ts';

/** In the order in which they are offered, those of one group together. */
export const presets: readonly Preset[] = [
  fashionCnn,
  fashionSmall,
  fashionSmallAug,
  fashionSmallCrop,
  lenet,
  course28,
  cifarSimple,
  cifarDeep,
  cifarDeepAug,
  cifarBn,
  catsDogs,
  catsDogsAug,
  rockPaperScissors,
  ...resnets,
  mobilenetV2,
  inceptionV3,
  vgg16,
];

export function findPreset(id: string): Preset | undefined {
  return presets.find((preset) => preset.info.id === id);
}
