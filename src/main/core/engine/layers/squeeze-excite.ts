import type { LayerSpec } from '#shared/model-spec.ts';
import { applyActivation } from './activations.ts';
import { imageInput } from './errors.ts';
import type { LayerDef, LayerPlace, ParameterSpec } from './types.ts';
import { biasOf, kernelOf } from './weights.ts';

type Spec = Extract<LayerSpec, { type: 'squeezeexcite' }>;

function sizes(spec: Spec, place: LayerPlace): { channels: number; hidden: number } {
  const [, , channels] = imageInput(place);
  return { channels, hidden: Math.max(1, Math.round(channels / (spec.ratio ?? 16))) };
}

function step(name: string, inputs: number, units: number): ParameterSpec[] {
  const kernel = kernelOf({}, [inputs, units], { fanIn: inputs, fanOut: units });
  return [kernel, ...biasOf({}, units)].map((parameter) => ({
    ...parameter,
    name: `${name}_${parameter.name}`,
  }));
}

export const squeezeExcite: LayerDef<Spec> = {
  className: 'SqueezeExcite',
  autoName: 'squeeze_excite',
  output(_spec, place) {
    imageInput(place);
    return place.input;
  },
  parameters(spec, place) {
    const { channels, hidden } = sizes(spec, place);
    return [...step('reduce', channels, hidden), ...step('expand', hidden, channels)];
  },
  macs(spec, place) {
    const { channels, hidden } = sizes(spec, place);
    return 2 * channels * hidden;
  },
  build({ b, parameter }, spec, x, place) {
    const { channels } = sizes(spec, place);
    const means = b.reshape(b.op('GlobalAveragePool', [x]), [0, channels]);
    const squeezed = b.op('Gemm', [means, parameter('reduce_kernel'), parameter('reduce_bias')]);
    const hidden = applyActivation(b, spec.activation ?? 'relu', squeezed);
    const excited = b.op('Gemm', [hidden, parameter('expand_kernel'), parameter('expand_bias')]);
    const gate = applyActivation(b, spec.gate ?? 'sigmoid', excited);
    return b.op('Mul', [x, b.reshape(gate, [0, channels, 1, 1])]);
  },
  activation: () => 'linear',
};
