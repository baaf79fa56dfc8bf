/** What there is to know of each operation before it is used: its settings when added, and its limits. */
import { operation, type Operation, type OperationType, type Range } from '../augmentation.ts';

/** Ends and step of a range that people use; files may go further, to what the spec allows. */
export interface RangeLimits {
  min: number;
  max: number;
  step: number;
}

interface Entry {
  /** As it is added. */
  initial: Operation;
  /** Absent for operations without a range. */
  limits?: RangeLimits;
}

type Settings = Record<string, unknown>;

function entry(type: OperationType, settings: Settings = {}, limits?: RangeLimits): Entry {
  const initial = operation.parse({ type, ...settings });
  return limits ? { initial, limits } : { initial };
}

/** In the order in which they are offered. */
export const operationCatalogue: Readonly<Record<OperationType, Entry>> = {
  'flip-horizontal': entry('flip-horizontal', { probability: 0.5 }),
  'flip-vertical': entry('flip-vertical', { probability: 0.5 }),
  'quarter-turn': entry('quarter-turn'),
  rotate: entry('rotate', { range: [-15, 15] }, { min: -180, max: 180, step: 1 }),
  'shift-x': entry('shift-x', { range: [-0.1, 0.1] }, { min: -0.5, max: 0.5, step: 0.01 }),
  'shift-y': entry('shift-y', { range: [-0.1, 0.1] }, { min: -0.5, max: 0.5, step: 0.01 }),
  'shear-x': entry('shear-x', { range: [-10, 10] }, { min: -45, max: 45, step: 1 }),
  'shear-y': entry('shear-y', { range: [-10, 10] }, { min: -45, max: 45, step: 1 }),
  zoom: entry('zoom', { range: [0.85, 1.15] }, { min: 0.4, max: 2.5, step: 0.01 }),
  crop: entry('crop', { range: [0.7, 1] }, { min: 0.05, max: 1, step: 0.01 }),
  perspective: entry('perspective', { range: [0, 0.2] }, { min: 0, max: 0.6, step: 0.01 }),
  elastic: entry('elastic', { range: [0, 0.05] }, { min: 0, max: 0.2, step: 0.005 }),
  brightness: entry('brightness', { range: [0.8, 1.2] }, { min: 0, max: 2.5, step: 0.01 }),
  contrast: entry('contrast', { range: [0.8, 1.2] }, { min: 0, max: 2.5, step: 0.01 }),
  saturation: entry('saturation', { range: [0.7, 1.3] }, { min: 0, max: 2.5, step: 0.01 }),
  hue: entry('hue', { range: [-10, 10] }, { min: -180, max: 180, step: 1 }),
  'channel-shift': entry('channel-shift', { range: [-20, 20] }, { min: -128, max: 128, step: 1 }),
  greyscale: entry('greyscale', { probability: 0.2 }),
  auto: entry('auto'),
  blur: entry('blur', { range: [0.3, 1.2], probability: 0.3 }, { min: 0, max: 5, step: 0.1 }),
  noise: entry('noise', { range: [2, 10], probability: 0.3 }, { min: 0, max: 64, step: 1 }),
  erase: entry(
    'erase',
    { range: [0.02, 0.2], probability: 0.5 },
    { min: 0.01, max: 0.6, step: 0.01 },
  ),
  mixup: entry('mixup', { probability: 0.5 }),
  cutmix: entry('cutmix', { probability: 0.5 }),
};

const types = Object.keys(operationCatalogue) as OperationType[];
/** Those that training can be done with: mixed images need labels that are shares of two classes. */
export const operationTypes = types.filter((type) => type !== 'mixup' && type !== 'cutmix');

const pixelLimits: RangeLimits = { min: -32, max: 32, step: 1 };

/** For this operation as it is set; null where it has no range. */
export function limitsOf(one: Operation): RangeLimits | null {
  if ('unit' in one && one.unit === 'pixels') return pixelLimits;
  return operationCatalogue[one.type].limits ?? null;
}

export function rangeOf(one: Operation): Range | null {
  return 'range' in one ? one.range : null;
}
