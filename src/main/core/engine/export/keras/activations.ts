/** Activations as each dialect has them, with the engine's meanings. */
import type { Activation } from '#shared/model-spec.ts';
import type { KerasBuilder, KerasTensor } from './graph.ts';

/** TensorFlow.js' names of those that it has; its hard_sigmoid is another function. */
const tfjs: Partial<Record<Activation, string>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  gelu: 'gelu',
  silu: 'swish',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softmax: 'softmax',
};

/** The name that a layer of its own takes; null where the dialect has none. */
export function activationName(b: KerasBuilder, activation: Activation): string | null {
  return b.dialect === 'keras' ? activation : (tfjs[activation] ?? null);
}

/** As layers after `x`; the last of them is called `name`. */
export function activate(
  b: KerasBuilder,
  name: string,
  activation: Activation,
  x: KerasTensor,
): KerasTensor {
  const own = activationName(b, activation);
  if (own !== null) return layer(b, name, own, x);
  if (activation === 'leaky_relu') {
    const config = { alpha: 0.2 };
    return b.add({ name, className: 'LeakyReLU', config, inputs: [x], output: x.shape });
  }
  if (activation === 'hard_swish') {
    const gate = hardSigmoid(b, `${name}_gate`, x);
    return b.add({ name, className: 'Multiply', inputs: [x, gate], output: x.shape });
  }
  if (activation === 'hard_sigmoid') return hardSigmoid(b, name, x);
  throw new RangeError(`${activation} has no layer`);
}

function layer(b: KerasBuilder, name: string, activation: string, x: KerasTensor): KerasTensor {
  const config = { activation };
  return b.add({ name, className: 'Activation', config, inputs: [x], output: x.shape });
}

/** relu6(x + 3) / 6 */
function hardSigmoid(b: KerasBuilder, name: string, x: KerasTensor): KerasTensor {
  const shifted = rescale(b, `${name}_shift`, x, 1, 3);
  return rescale(b, name, layer(b, `${name}_clip`, 'relu6', shifted), 1 / 6, 0);
}

/** x · scale + offset */
export function rescale(
  b: KerasBuilder,
  name: string,
  x: KerasTensor,
  scale: number,
  offset: number,
): KerasTensor {
  const config = { scale, offset };
  return b.add({ name, className: 'Rescaling', config, inputs: [x], output: x.shape });
}

/** Whether an activation gives nothing below zero, so that padding with zeros is no new maximum. */
export function neverNegative(activation: Activation): boolean {
  return ['relu', 'relu6', 'sigmoid', 'hard_sigmoid', 'softmax'].includes(activation);
}
