/** Blocks of layers: parts side by side on the same input, then joined. */
import type { BlockSpec, LayerSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import { describe, modelError } from './errors.ts';
import type { FeatureShape } from './types.ts';

export function isBlock(spec: LayerSpec): spec is BlockSpec {
  return spec.type === 'residual' || spec.type === 'branches';
}

/** How a block joins its parts; Keras has a layer for it, which gives the block its name. */
interface Merge {
  className: string;
  autoName: string;
  /** Throws MODEL_INVALID, explained, if the parts do not go together. */
  output(name: string, parts: readonly FeatureShape[]): FeatureShape;
  build(b: GraphBuilder, parts: readonly Value[]): Value;
}

function list(parts: readonly FeatureShape[]): string {
  return parts.map(describe).join(' and ');
}

const add: Merge = {
  className: 'Add',
  autoName: 'add',
  output(name, parts) {
    const [first = []] = parts;
    if (parts.some((part) => part.join() !== first.join())) {
      throw modelError(
        name,
        `${name} cannot add ${list(parts)}: all parts must have the same shape.`,
        'Give the shortcut a 1×1 convolution with the filters and strides of the body.',
      );
    }
    return first;
  },
  build: (b, parts) => parts.reduce((sum, part) => b.op('Add', [sum, part])),
};

const concatenate: Merge = {
  className: 'Concatenate',
  autoName: 'concatenate',
  output(name, parts) {
    const [first = []] = parts;
    const around = (shape: FeatureShape) => shape.slice(0, -1).join();
    const fits = (part: FeatureShape) =>
      part.length === first.length && around(part) === around(first);
    if (!parts.every(fits)) {
      throw modelError(
        name,
        `${name} cannot join ${list(parts)}: all parts must have the same height and width.`,
        "Use 'same' padding and the same strides in all of them.",
      );
    }
    return [...first.slice(0, -1), parts.reduce((sum, part) => sum + (part.at(-1) ?? 0), 0)];
  },
  // Channels are axis 1 of NCHW and of [N, units].
  build: (b, parts) => b.op('Concat', parts, { axis: 1 }),
};

export function mergeOf(spec: BlockSpec): Merge {
  return spec.type === 'branches' && spec.merge === 'concat' ? concatenate : add;
}

/** The parts in the order of their names; an empty one hands its input on. */
export function partsOf(spec: BlockSpec): readonly (readonly LayerSpec[])[] {
  return spec.type === 'residual' ? [spec.body, spec.shortcut ?? []] : spec.branches;
}
