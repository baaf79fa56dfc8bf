/** Convolutions: plain and in groups, depthwise, separable. */
import type { LayerSpec } from '#shared/model-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { Value } from '../graph/types.ts';
import { imageInput, modelError } from './errors.ts';
import type { FeatureShape, LayerDef, LayerPlace } from './types.ts';
import { biasOf, kernelOf } from './weights.ts';
import { padsOf, reachOf, slideWindow, type Pair, type Sliding } from './window.ts';

type Spec<Type extends LayerSpec['type']> = Extract<LayerSpec, { type: Type }>;
type AnyConv = Spec<'conv2d' | 'depthwiseconv2d' | 'separableconv2d'>;

function slidingOf(spec: AnyConv): Sliding & { dilation: Pair } {
  const { kernel, strides = [1, 1], padding = 'valid', dilation = [1, 1] } = spec;
  return { kernel, strides, padding, dilation };
}

function outputOf(spec: AnyConv, place: LayerPlace, channels: number): FeatureShape {
  const [height, width] = imageInput(place);
  return [...slideWindow(place, 'kernel', [height, width], slidingOf(spec)), channels];
}

function convolve(
  b: GraphBuilder,
  spec: AnyConv,
  place: LayerPlace,
  inputs: readonly Value[],
  group: number,
): Value {
  const [height, width] = imageInput(place);
  const { kernel, strides, padding, dilation } = slidingOf(spec);
  return b.op('Conv', inputs, {
    kernel_shape: kernel,
    strides,
    pads: padsOf(padding, [height, width], reachOf(kernel, dilation), strides),
    ...(dilation.some((step) => step > 1) ? { dilations: dilation } : {}),
    ...(group > 1 ? { group } : {}),
  });
}

/** Multiply-adds of the kernel at every output position. */
function macsOf(output: FeatureShape, [height, width]: Pair, channelsEach: number): number {
  return output.reduce((product, dim) => product * dim, 1) * height * width * channelsEach;
}

export const conv2d: LayerDef<Spec<'conv2d'>> = {
  className: 'Conv2D',
  autoName: 'conv2d',
  output(spec, place) {
    const [, , channels] = imageInput(place);
    const groups = spec.groups ?? 1;
    if (channels % groups !== 0 || spec.filters % groups !== 0) {
      throw modelError(
        place.name,
        `${place.name}: its ${channels} input channels and ${spec.filters} filters must both be ` +
          `divisible by its ${groups} groups.`,
      );
    }
    return outputOf(spec, place, spec.filters);
  },
  parameters(spec, place) {
    const [, , channels] = imageInput(place);
    const [height, width] = spec.kernel;
    const inside = channels / (spec.groups ?? 1);
    // Keras counts the fans from the kernel's shape, which has one group's channels.
    const fans = { fanIn: height * width * inside, fanOut: height * width * spec.filters };
    return [
      kernelOf(spec, [spec.filters, inside, height, width], fans),
      ...biasOf(spec, spec.filters),
    ];
  },
  macs(spec, place) {
    const [, , channels] = imageInput(place);
    const output = outputOf(spec, place, spec.filters);
    return macsOf(output, spec.kernel, channels / (spec.groups ?? 1));
  },
  build({ b, parameter }, spec, x, place) {
    const inputs = [x, parameter('kernel')];
    if (spec.bias !== false) inputs.push(parameter('bias'));
    return convolve(b, spec, place, inputs, spec.groups ?? 1);
  },
  activation: (spec) => spec.activation ?? 'linear',
};

/** The depthwise kernel of two layers: `multiplier` filters for each channel. */
function depthwiseKernel(
  spec: Spec<'depthwiseconv2d' | 'separableconv2d'>,
  channels: number,
  name: string,
) {
  const [height, width] = spec.kernel;
  const multiplier = spec.multiplier ?? 1;
  const fans = { fanIn: height * width * channels, fanOut: height * width * multiplier };
  return kernelOf(spec, [channels * multiplier, 1, height, width], fans, name);
}

export const depthwiseConv2d: LayerDef<Spec<'depthwiseconv2d'>> = {
  className: 'DepthwiseConv2D',
  autoName: 'depthwise_conv2d',
  output(spec, place) {
    const [, , channels] = imageInput(place);
    return outputOf(spec, place, channels * (spec.multiplier ?? 1));
  },
  parameters(spec, place) {
    const [, , channels] = imageInput(place);
    return [
      depthwiseKernel(spec, channels, 'kernel'),
      ...biasOf(spec, channels * (spec.multiplier ?? 1)),
    ];
  },
  macs: (spec, place) => macsOf(depthwiseConv2d.output(spec, place), spec.kernel, 1),
  build({ b, parameter }, spec, x, place) {
    const [, , channels] = imageInput(place);
    const inputs = [x, parameter('kernel')];
    if (spec.bias !== false) inputs.push(parameter('bias'));
    return convolve(b, spec, place, inputs, channels);
  },
  activation: (spec) => spec.activation ?? 'linear',
};

export const separableConv2d: LayerDef<Spec<'separableconv2d'>> = {
  className: 'SeparableConv2D',
  autoName: 'separable_conv2d',
  output: (spec, place) => outputOf(spec, place, spec.filters),
  parameters(spec, place) {
    const [, , channels] = imageInput(place);
    const between = channels * (spec.multiplier ?? 1);
    return [
      depthwiseKernel(spec, channels, 'depthwise_kernel'),
      kernelOf(
        spec,
        [spec.filters, between, 1, 1],
        { fanIn: between, fanOut: spec.filters },
        'pointwise_kernel',
      ),
      ...biasOf(spec, spec.filters),
    ];
  },
  macs(spec, place) {
    const [, , channels] = imageInput(place);
    const between = channels * (spec.multiplier ?? 1);
    const depthwise = macsOf(outputOf(spec, place, between), spec.kernel, 1);
    return depthwise + macsOf(outputOf(spec, place, spec.filters), [1, 1], between);
  },
  build({ b, parameter }, spec, x, place) {
    const [, , channels] = imageInput(place);
    const spread = convolve(b, spec, place, [x, parameter('depthwise_kernel')], channels);
    const inputs = [spread, parameter('pointwise_kernel')];
    if (spec.bias !== false) inputs.push(parameter('bias'));
    return b.op('Conv', inputs, { kernel_shape: [1, 1] });
  },
  activation: (spec) => spec.activation ?? 'linear',
};
