/**
 * Nonlinearities whose CPU kernels in ONNX Runtime run over whole vectors: Clip and LeakyRelu as one
 * Eigen expression, Erf by its own polynomial in MLAS, Elu and Softplus with Eigen's vector exp.
 * GELU, SiLU and the hard variants are written with these (layers/activations.ts): the runtime
 * either has no kernel of its own for them (HardSwish is unfolded) or fuses the pieces by itself.
 */
import { dataTypes } from '../graph/onnx-proto.ts';
import { GraphError } from '../graph/shape.ts';
import type { Attributes, Value } from '../graph/types.ts';
import { intAttribute, required } from './helpers.ts';
import type { AttributeKind, GradientContext, GradientRule, OpDef } from './types.ts';

function elementwise(
  op: string,
  attributes: Readonly<Record<string, AttributeKind>>,
  gradient: GradientRule,
): OpDef {
  return {
    attributes,
    infer(inputs) {
      const { dtype, shape } = required(inputs, 0, op);
      return [{ dtype, shape }];
    },
    gradient,
  };
}

const alphaOf = (attributes: Attributes, fallback: number) =>
  intAttribute(attributes, 'alpha', fallback);

/** 1 where `value` is above `bound`, else 0. */
function above({ b }: GradientContext, value: Value, bound: Value): Value {
  return b.op('Cast', [b.op('Greater', [value, bound])], { to: dataTypes.float32 });
}

/** y = min(max(x, low), high), with both bounds as scalar inputs; dx = dy strictly between them. */
export const clip = elementwise('Clip', {}, (context) => {
  const { b, node, input, grad } = context;
  const low = node.inputs[1];
  const high = node.inputs[2];
  if (!low || !high) throw new GraphError('Clip has a gradient with both bounds only');
  const inside = b.op('Mul', [above(context, input(0), low), above(context, high, input(0))]);
  return [b.op('Mul', [grad, inside]), null, null];
});

/** y = x for x > 0, else α x. */
export const leakyRelu = elementwise('LeakyRelu', { alpha: 'float' }, (context) => {
  const { b, node, input, grad } = context;
  const alpha = alphaOf(node.attributes, 0.01);
  const positive = above(context, input(0), b.scalar(0));
  const slope = b.op('Add', [b.op('Mul', [positive, b.scalar(1 - alpha)]), b.scalar(alpha)]);
  return [b.op('Mul', [grad, slope])];
});

/** y = x for x > 0, else α (eˣ − 1), whose slope is y + α. */
export const elu = elementwise('Elu', { alpha: 'float' }, ({ b, node, output, grad }) => {
  const y = output(0);
  const alpha = alphaOf(node.attributes, 1);
  const positive = b.op('Greater', [y, b.scalar(0)]);
  const slope = b.op('Where', [positive, b.scalar(1), b.op('Add', [y, b.scalar(alpha)])]);
  return [b.op('Mul', [grad, slope])];
});

/** dx = dy · 2/√π · e^(−x²) */
export const erf = elementwise('Erf', {}, ({ b, input, grad }) => {
  const bell = b.op('Exp', [b.op('Neg', [b.op('Mul', [input(0), input(0)])])]);
  return [b.op('Mul', [grad, b.op('Mul', [bell, b.scalar(2 / Math.sqrt(Math.PI))])])];
});

/** y = ln(1 + eˣ), computed without overflow by the kernel; dx = dy · sigmoid(x). */
export const softplus = elementwise('Softplus', {}, ({ b, input, grad }) => [
  b.op('Mul', [grad, b.op('Sigmoid', [input(0)])]),
]);
