import { isBlock } from '#shared/layer-tree.ts';
import type { ResolvedLayer, ResolvedModel } from '../../layers/resolve.ts';
import { activate } from './activations.ts';
import { joinMembers } from './loss.ts';
import { buildLayer } from './layers.ts';
import type { Tensor, Tf } from './tf.ts';

export interface TfForward {
  training: boolean;
  /** The parameter called `layer/name`. */
  parameter(fullName: string): Tensor;
  keepMask(layer: string, shape: readonly number[], rate: number): Tensor;
  updateStatistic(fullName: string, value: Tensor): void;
}

/** The model: float32 [N, H, W, C] in 0…1 → logits, as `layers/forward.ts` has them. */
export function forward(tf: Tf, model: ResolvedModel, image: Tensor, options: TfForward): Tensor {
  const last = model.layers.at(-1);
  const toLogits = last?.activation === (model.head === 'softmax' ? 'softmax' : 'sigmoid');
  const logits = sequence(tf, model.layers, image, options, toLogits);
  return options.training ? logits : joinMembers(tf, logits, model.members);
}

function sequence(
  tf: Tf,
  layers: readonly ResolvedLayer[],
  input: Tensor,
  options: TfForward,
  toLogits = false,
): Tensor {
  let x = input;
  for (const [index, layer] of layers.entries()) {
    x = build(tf, layer, x, options);
    const isLast = index === layers.length - 1;
    if (!(isLast && toLogits)) x = activate(tf, layer.activation, x);
  }
  return x;
}

function build(tf: Tf, layer: ResolvedLayer, x: Tensor, options: TfForward): Tensor {
  const { spec, name } = layer;
  if (isBlock(spec)) {
    const parts = layer.parts.map((part) => sequence(tf, part, x, options));
    return spec.type === 'branches' && spec.merge === 'concat'
      ? tf.concat(parts, -1)
      : tf.addN(parts);
  }
  const context = {
    tf,
    layer,
    training: options.training,
    parameter: (parameter: string) => options.parameter(`${name}/${parameter}`),
    keepMask: (shape: readonly number[], rate: number) => options.keepMask(name, shape, rate),
    updateStatistic: (statistic: string, value: Tensor) =>
      options.updateStatistic(`${name}/${statistic}`, value),
  };
  return buildLayer(context, spec, x);
}
