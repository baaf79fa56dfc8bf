import type { LayerSpec } from '#shared/model-spec.ts';
import { imageInput } from './errors.ts';
import type { LayerDef } from './types.ts';
import { padsOf, slideWindow } from './window.ts';

type Spec = Extract<LayerSpec, { type: 'conv2d' }>;

export const conv2d: LayerDef<Spec> = {
  className: 'Conv2D',
  autoName: 'conv2d',
  output(spec, place) {
    const [height, width] = imageInput(place);
    const strides = spec.strides ?? [1, 1];
    const padding = spec.padding ?? 'valid';
    const size = slideWindow(place, 'kernel', [height, width], spec.kernel, strides, padding);
    return [...size, spec.filters];
  },
  parameters(spec, place) {
    const [, , channels] = imageInput(place);
    const [height, width] = spec.kernel;
    const initializer = {
      type: 'glorot-uniform',
      fanIn: height * width * channels,
      fanOut: height * width * spec.filters,
    } as const;
    const kernel = {
      name: 'kernel',
      shape: [spec.filters, channels, height, width],
      initializer,
      kind: 'weight',
    } as const;
    if (spec.bias === false) return [kernel];
    return [
      kernel,
      { name: 'bias', shape: [spec.filters], initializer: { type: 'zeros' }, kind: 'weight' },
    ];
  },
  build({ b, parameter }, spec, x, place) {
    const [height, width] = imageInput(place);
    const strides = spec.strides ?? [1, 1];
    const inputs = [x, parameter('kernel')];
    if (spec.bias !== false) inputs.push(parameter('bias'));
    return b.op('Conv', inputs, {
      kernel_shape: spec.kernel,
      strides,
      pads: padsOf(spec.padding ?? 'valid', [height, width], spec.kernel, strides),
    });
  },
  activation: (spec) => spec.activation ?? 'linear',
};
