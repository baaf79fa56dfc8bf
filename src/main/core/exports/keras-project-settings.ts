/** A run's settings in Keras' words: what train.py reads, and what it cannot do alike. */
import { isActive, type AugmentationSpec, type Operation } from '#shared/augmentation.ts';
import type { OptimizerSpec } from '#shared/model-spec.ts';
import { classWeightsOf } from '../engine/losses.ts';
import { resolveModel } from '../engine/layers/resolve.ts';
import type { StoredRun } from '../store/runs.ts';

type KerasCall = Record<string, unknown> & { name: string };

function optimizerCall(spec: OptimizerSpec): KerasCall {
  const clip = spec.clipNorm === undefined ? {} : { global_clipnorm: spec.clipNorm };
  switch (spec.type) {
    case 'sgd':
      return {
        name: 'SGD',
        momentum: spec.momentum ?? 0,
        nesterov: spec.nesterov ?? false,
        ...clip,
      };
    case 'rmsprop':
      return { name: 'RMSprop', rho: spec.rho ?? 0.9, epsilon: spec.epsilon ?? 1e-7, ...clip };
    case 'adam':
    case 'adamw': {
      const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = spec;
      const moments = { beta_1: beta1, beta_2: beta2, epsilon, ...clip };
      return spec.type === 'adam'
        ? { name: 'Adam', ...moments }
        : { name: 'AdamW', weight_decay: spec.weightDecay ?? 0.004, ...moments };
    }
  }
}

type KerasLayerCall = readonly [layer: string, config: Record<string, unknown>];

/** Null where Keras has no such layer, or one that does something else. */
function layerOf(
  operation: Operation,
  spec: AugmentationSpec,
  edges: Edges,
): KerasLayerCall | null {
  const filled = { fill_mode: spec.fill, fill_value: spec.fillValue };
  const always = operation.probability === 1;
  switch (operation.type) {
    case 'flip-horizontal':
      return operation.probability === 0.5 ? ['RandomFlip', { mode: 'horizontal' }] : null;
    case 'flip-vertical':
      return operation.probability === 0.5 ? ['RandomFlip', { mode: 'vertical' }] : null;
    case 'rotate': {
      const factor = operation.range.map((degrees) => degrees / 360);
      return always ? ['RandomRotation', { factor, ...filled }] : null;
    }
    case 'shift-x':
    case 'shift-y': {
      const along = operation.type === 'shift-x' ? 'width' : 'height';
      const edge = operation.unit === 'pixels' ? edges[along] : 1;
      const none = { height_factor: 0, width_factor: 0 };
      const factor = operation.range.map((by) => by / edge);
      const config = { ...none, [`${along}_factor`]: factor, ...filled };
      return always && within(factor) ? ['RandomTranslation', config] : null;
    }
    case 'zoom': {
      const [low, high] = operation.range;
      // Keras counts how much more is seen, Fovea how much larger it is.
      const height_factor = [1 / high - 1, 1 / low - 1];
      const free = operation.aspect === 'free' ? { width_factor: height_factor } : {};
      return always && within(height_factor)
        ? ['RandomZoom', { height_factor, ...free, ...filled }]
        : null;
    }
    default:
      return null;
  }
}

/** Keras' layers take no factor beyond 1. */
const within = (factor: readonly number[]): boolean => factor.every((each) => Math.abs(each) <= 1);

interface Edges {
  height: number;
  width: number;
}

export interface ProjectSettings {
  /** settings.json */
  settings: Record<string, unknown>;
  /** What the run did and train.py does not, in words. */
  left: string[];
}

export function projectSettings(
  { spec, options, classes }: StoredRun,
  labels: Int32Array,
): ProjectSettings {
  const { head, members } = resolveModel(spec, classes.length);
  const { augment } = options;
  const operations = (augment?.operations ?? []).filter(isActive);
  const layers = operations.map((each) => augment && layerOf(each, augment, spec.input));
  const missing = operations.filter((_, index) => !layers[index]).map(({ type }) => type);
  const left = [
    ...(missing.length > 0 ? [`augmentation: ${[...new Set(missing)].join(', ')}`] : []),
    ...(options.averaging ? ['averaged weights'] : []),
    ...(options.views ? ['views: choose them again when the model is back'] : []),
  ];
  return {
    left,
    settings: {
      model: spec.name,
      input: spec.input,
      classes: classes.map(({ name }) => name),
      head,
      members,
      labelSmoothing: spec.labelSmoothing ?? 0,
      classWeights: classWeightsOf(spec.classWeights, labels, classes.length) ?? null,
      epochs: options.epochs,
      batch: options.batch,
      learningRate: options.learningRate,
      schedule: options.schedule,
      earlyStop: options.earlyStop,
      optimizer: optimizerCall(options.optimizer ?? spec.optimizer),
      seed: options.seed,
      augmentation: layers.filter((layer) => layer !== null),
      notCarriedOver: left,
    },
  };
}
