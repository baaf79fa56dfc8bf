/** Which augmentation suits a project, from what is known of its images and classes. */
import { isTextLike, mentions } from './class-names.ts';
import { findAugmentation, type AugmentationPreset } from './presets.ts';

export interface DataKind {
  /** Of the model's input. */
  height: number;
  width: number;
  channels: number;
  classNames: readonly string[];
}

/** Longer edges are photos rather than icons, digits or scans cut out. */
const SMALL_EDGE = 64;

/** The preset to start with. */
export function suggestAugmentation(kind: DataKind): AugmentationPreset {
  const preset = findAugmentation(suggestedId(kind));
  if (!preset) throw new RangeError('a suggested augmentation is missing');
  return preset;
}

function suggestedId({ height, width, channels, classNames }: DataKind): string {
  if (isTextLike(classNames)) return 'digits-text';
  if (mentions(classNames, 'microscopy')) return 'microscopy';
  if (mentions(classNames, 'fromAbove')) return 'from-above';
  if (mentions(classNames, 'documents')) return 'documents';
  if (channels === 1 || Math.max(height, width) <= SMALL_EDGE) return 'objects';
  return 'photos';
}
