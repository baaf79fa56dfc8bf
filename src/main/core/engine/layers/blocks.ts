/** Blocks of layers: parts side by side on the same input, then joined. */
import type { BlockSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import { describe, modelError, type Mend } from './errors.ts';
import type { FeatureShape } from './types.ts';

/** How a block joins its parts; Keras has a layer for it, which gives the block its name. */
interface Merge {
  className: string;
  autoName: string;
  /** Throws MODEL_INVALID, explained, if the parts do not go together. */
  output(
    name: string,
    spec: BlockSpec,
    parts: readonly FeatureShape[],
    input: FeatureShape,
  ): FeatureShape;
  build(b: GraphBuilder, parts: readonly Value[]): Value;
}

function list(parts: readonly FeatureShape[]): string {
  return parts.map(describe).join(' and ');
}

const add: Merge = {
  className: 'Add',
  autoName: 'add',
  output(name, spec, parts, input) {
    const [first = []] = parts;
    if (parts.some((part) => part.join() !== first.join())) {
      throw modelError(
        name,
        `${name} cannot add ${list(parts)}: all parts must have the same shape.`,
        'Give the shortcut a 1×1 convolution with the filters and strides of the body.',
        projection(spec, first, input),
      );
    }
    return first;
  },
  build: (b, parts) => parts.reduce((sum, part) => b.op('Add', [sum, part])),
};

/** A shortcut that makes the input the shape of the body, where a strided convolution can. */
function projection(spec: BlockSpec, body: FeatureShape, input: FeatureShape): Mend | undefined {
  const [height = 0, width = 0, filters] = body;
  const [inputHeight = 0, inputWidth = 0, channels] = input;
  if (spec.type !== 'residual' || filters === undefined || channels === undefined) return undefined;
  const strides = [Math.ceil(inputHeight / height), Math.ceil(inputWidth / width)] as const;
  const fits =
    Math.ceil(inputHeight / strides[0]) === height && Math.ceil(inputWidth / strides[1]) === width;
  if (!fits) return undefined;
  const convolution = { type: 'conv2d', filters, kernel: [1, 1], strides, padding: 'same' };
  return { label: 'Put a 1×1 convolution on the shortcut', changes: { shortcut: [convolution] } };
}

const concatenate: Merge = {
  className: 'Concatenate',
  autoName: 'concatenate',
  output(name, _spec, parts) {
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
