import { findAugmentation } from '../augmentations/presets.ts';
import type { Preset } from './types.ts';

interface Variation {
  /** Also that of the augmentation, which is named after what it was published with. */
  id: string;
  name: string;
  description: string;
  epochs: number;
  batch?: number;
  trainLimit?: number;
}

/** A preset with the augmentation that it was published with: the same network, its own settings. */
export function varied(
  { info, spec, classes }: Preset,
  { id, name, description, ...defaults }: Variation,
): Preset {
  const augmentation = findAugmentation(id);
  if (!augmentation) throw new RangeError(`there is no augmentation ${id}`);
  return {
    classes,
    spec: { ...spec, name: id },
    info: {
      ...info,
      id,
      name,
      description,
      defaults: { ...info.defaults, ...defaults, augment: augmentation.spec },
    },
  };
}
