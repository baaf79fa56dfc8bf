/**
 * A convolution followed by a max pool without overlap, in phases: instead of computing all outputs
 * and choosing the largest of each window, one strided convolution computes the first number of all
 * windows, another the second, and so on; the pool is then a plain elementwise maximum.
 *
 * For training only. A pool's backward pass needs the place of each winner, which the runtime finds
 * one number at a time; a maximum's backward pass is a comparison. On the first layer of a small
 * network, where the pool costs several times the convolution, both together take less than half.
 */
import type { LayerSpec } from '#shared/model-spec.ts';
import type { Value } from '../graph/types.ts';
import { imageInput } from './errors.ts';
import type { ResolvedLayer } from './resolve.ts';
import type { BuildContext } from './types.ts';
import { padsOf } from './window.ts';

type ConvSpec = Extract<LayerSpec, { type: 'conv2d' }>;
type PoolSpec = Extract<LayerSpec, { type: 'maxpool2d' }>;

/** More phases than this would be many small convolutions. */
const MOST_PHASES = 4;

function specsOf(layer: ResolvedLayer, next: ResolvedLayer): [ConvSpec, PoolSpec] | null {
  const { spec } = layer;
  const pool = next.spec;
  return spec.type === 'conv2d' && pool.type === 'maxpool2d' ? [spec, pool] : null;
}

export function canPoolInPhases(layer: ResolvedLayer, next: ResolvedLayer): boolean {
  const specs = specsOf(layer, next);
  if (!specs) return false;
  const [{ groups = 1, dilation = [1, 1] }, { size, strides = size, padding = 'valid' }] = specs;
  if (groups > 1 || dilation.some((step) => step > 1)) return false;
  const monotone = layer.activation === 'relu' || layer.activation === 'linear';
  const separate = strides[0] === size[0] && strides[1] === size[1];
  return monotone && separate && padding === 'valid' && size[0] * size[1] <= MOST_PHASES;
}

/** Both layers, without the convolution's activation. */
export function convThenMaxPool(
  { b, parameter }: BuildContext,
  layer: ResolvedLayer,
  next: ResolvedLayer,
  x: Value,
): Value {
  const specs = specsOf(layer, next);
  if (!specs) throw new RangeError(`${layer.name} and ${next.name} cannot be joined`);
  const [conv, pool] = specs;
  const [height, width] = imageInput(layer.place);
  const [pooledHeight, pooledWidth] = imageInput({ ...next.place, input: next.output });
  const strides = conv.strides ?? [1, 1];
  const pads = padsOf(conv.padding ?? 'valid', [height, width], conv.kernel, strides);
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  const padded = pads.some((padding) => padding > 0)
    ? b.op('Pad', [x, b.ints([0, 0, top, left, 0, 0, bottom, right])])
    : x;

  const steps = [strides[0] * pool.size[0], strides[1] * pool.size[1]] as const;
  const reach = [
    (pooledHeight - 1) * steps[0] + conv.kernel[0],
    (pooledWidth - 1) * steps[1] + conv.kernel[1],
  ] as const;
  const phases = Array.from({ length: pool.size[0] * pool.size[1] }, (_, phase) => {
    const row = Math.floor(phase / pool.size[1]) * strides[0];
    const column = (phase % pool.size[1]) * strides[1];
    const part = b.op('Slice', [
      padded,
      b.ints([row, column]),
      b.ints([row + reach[0], column + reach[1]]),
      b.ints([2, 3]),
    ]);
    return b.op('Conv', [part, parameter('kernel')], { kernel_shape: conv.kernel, strides: steps });
  });
  // A tournament from left to right: of equals the first wins, as in a pool.
  let winner = phases;
  while (winner.length > 1) winner = pairwiseMax(b, winner);
  const [pooled] = winner;
  if (!pooled) throw new RangeError(`${next.name} has no window`);
  if (conv.bias === false) return pooled;
  // The same for every phase: added once, after the maximum.
  return b.op('Add', [pooled, b.reshape(parameter('bias'), [1, conv.filters, 1, 1])]);
}

function pairwiseMax(b: BuildContext['b'], values: readonly Value[]): Value[] {
  return Array.from({ length: Math.ceil(values.length / 2) }, (_, pair) => {
    const [first, second] = values.slice(2 * pair, 2 * pair + 2);
    if (!first) throw new RangeError('no pair');
    return second ? b.op('Max', [first, second]) : first;
  });
}
