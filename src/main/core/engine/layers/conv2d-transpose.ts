import type { LayerSpec } from '#shared/model-spec.ts';
import { imageInput } from './errors.ts';
import type { LayerDef } from './types.ts';
import { biasOf, kernelOf } from './weights.ts';

type Spec = Extract<LayerSpec, { type: 'conv2dtranspose' }>;

/**
 * One axis with Keras' sizes: 'same' gives size · stride, 'valid' whatever the kernel reaches, and
 * never less than size · stride.
 */
export function transposeAxis(spec: Spec, axis: 0 | 1, size: number) {
  const kernel = spec.kernel[axis];
  const stride = spec.strides?.[axis] ?? 1;
  const surplus = Math.max(kernel - stride, 0);
  const cut = spec.padding === 'same' ? surplus : 0;
  return {
    output: size * stride + surplus - cut,
    before: Math.floor(cut / 2),
    after: Math.ceil(cut / 2),
    extra: Math.max(stride - kernel, 0),
  };
}

export const conv2dTranspose: LayerDef<Spec> = {
  className: 'Conv2DTranspose',
  autoName: 'conv2d_transpose',
  output(spec, place) {
    const [height, width] = imageInput(place);
    return [
      transposeAxis(spec, 0, height).output,
      transposeAxis(spec, 1, width).output,
      spec.filters,
    ];
  },
  parameters(spec, place) {
    const [, , channels] = imageInput(place);
    const [height, width] = spec.kernel;
    // Keras keeps this kernel as [height, width, filters, channels] and reads the fans from that.
    const fans = { fanIn: height * width * spec.filters, fanOut: height * width * channels };
    return [
      kernelOf(spec, [channels, spec.filters, height, width], fans),
      ...biasOf(spec, spec.filters),
    ];
  },
  macs(spec, place) {
    const [height, width, channels] = imageInput(place);
    return height * width * channels * spec.kernel[0] * spec.kernel[1] * spec.filters;
  },
  build({ b, parameter }, spec, x, place) {
    const [height, width] = imageInput(place);
    const rows = transposeAxis(spec, 0, height);
    const columns = transposeAxis(spec, 1, width);
    const inputs = [x, parameter('kernel')];
    if (spec.bias !== false) inputs.push(parameter('bias'));
    return b.op('ConvTranspose', inputs, {
      kernel_shape: spec.kernel,
      strides: spec.strides ?? [1, 1],
      pads: [rows.before, columns.before, rows.after, columns.after],
      output_padding: [rows.extra, columns.extra],
    });
  },
  activation: (spec) => spec.activation ?? 'linear',
};
