/** Each layer as PyTorch has it: the module that is made for it, and the expression that applies it. */
import { backboneFormats } from '../converter.ts';
import type { Activation, LayerSpec } from '#shared/model-spec.ts';
import { isBlock } from '#shared/layer-tree.ts';
import { transposeAxis } from '../../layers/conv2d-transpose.ts';
import { imageInput, modelError } from '../../layers/errors.ts';
import type { ResolvedLayer } from '../../layers/resolve.ts';
import { padsOf, reachOf, type Pair } from '../../layers/window.ts';
import { pythonCall, pythonTuple } from './python.ts';

type Spec<Type extends LayerSpec['type']> = Extract<LayerSpec, { type: Type }>;
type AnyConv = Spec<'conv2d' | 'depthwiseconv2d' | 'separableconv2d'>;
type Pads = readonly number[];

export interface TorchLayer {
  /** What makes the module; null where a function does. */
  module: string | null;
  /** Applies it to `x`; `self` is the module. */
  call(self: string, x: string): string;
}

const applied = (module: string): TorchLayer => ({
  module,
  call: (self, x) => `${self}(${x})`,
});
const written = (call: (x: string) => string): TorchLayer => ({
  module: null,
  call: (_self, x) => call(x),
});

/** PyTorch pads the last axis first. */
function padded(x: string, pads: Pads, value = ''): string {
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  return `F.pad(${x}, ${pythonTuple([left, right, top, bottom])}${value})`;
}

function sameOnBothSides([top, left, bottom, right]: Pads): boolean {
  return top === bottom && left === right;
}

const isZero = (pads: Pads): boolean => pads.every((pad) => pad === 0);
const unlessOne = (pair: Pair): string | undefined =>
  pair.some((size) => size !== 1) ? pythonTuple(pair) : undefined;

function convolution(
  spec: AnyConv,
  layer: ResolvedLayer,
  make: (settings: Record<string, string | number | undefined>) => string,
): TorchLayer {
  const [height, width] = imageInput(layer.place);
  const { kernel, strides = [1, 1], padding = 'valid', dilation = [1, 1] } = spec;
  const pads = padsOf(padding, [height, width], reachOf(kernel, dilation), strides);
  const even = sameOnBothSides(pads);
  const module = make({
    stride: unlessOne(strides),
    padding: even && !isZero(pads) ? pythonTuple(pads.slice(0, 2)) : undefined,
    dilation: unlessOne(dilation),
    bias: spec.bias === false ? 'False' : undefined,
  });
  return { module, call: (self, x) => `${self}(${even ? x : padded(x, pads)})` };
}

function pool(spec: Spec<'maxpool2d' | 'averagepool2d'>, layer: ResolvedLayer): TorchLayer {
  const [height, width] = imageInput(layer.place);
  const { size, strides = size, padding = 'valid' } = spec;
  const pads = padsOf(padding, [height, width], size, strides);
  const sliding = {
    stride: strides.join() === size.join() ? undefined : pythonTuple(strides),
    padding: isZero(pads) || !sameOnBothSides(pads) ? undefined : pythonTuple(pads.slice(0, 2)),
  };
  const window = [pythonTuple(size)];
  if (spec.type === 'maxpool2d') {
    const module = pythonCall('nn.MaxPool2d', window, sliding);
    if (sameOnBothSides(pads)) return applied(module);
    return { module, call: (self, x) => `${self}(${padded(x, pads, ', value=-torch.inf')})` };
  }
  if (sameOnBothSides(pads)) {
    const counting = { count_include_pad: sliding.padding && 'False' };
    return applied(pythonCall('nn.AvgPool2d', window, { ...sliding, ...counting }));
  }
  // What lies outside does not count: the sum is divided by how many were inside.
  const module = pythonCall('nn.AvgPool2d', window, sliding);
  const inside = (self: string, x: string) => `${self}(${padded(`torch.ones_like(${x})`, pads)})`;
  return { module, call: (self, x) => `${self}(${padded(x, pads)}) / ${inside(self, x)}` };
}

function transposed(spec: Spec<'conv2dtranspose'>, layer: ResolvedLayer): TorchLayer {
  const [height, width, channels] = imageInput(layer.place);
  const axes = [transposeAxis(spec, 0, height), transposeAxis(spec, 1, width)] as const;
  const even = axes.every(({ before, after }) => before === after);
  const extra = axes.map((axis) => axis.extra);
  const module = pythonCall(
    'nn.ConvTranspose2d',
    [channels, spec.filters, pythonTuple(spec.kernel)],
    {
      stride: unlessOne(spec.strides ?? [1, 1]),
      padding:
        even && axes.some(({ before }) => before > 0)
          ? pythonTuple(axes.map((axis) => axis.before))
          : undefined,
      output_padding: isZero(extra) ? undefined : pythonTuple(extra),
      bias: spec.bias === false ? 'False' : undefined,
    },
  );
  if (even) return applied(module);
  const part = ({ before, output }: (typeof axes)[number]) => `${before}:${before + output}`;
  return { module, call: (self, x) => `${self}(${x})[:, :, ${axes.map(part).join(', ')}]` };
}

function normalized({ mean, variance }: Spec<'normalization'>, rank: number): TorchLayer {
  const numbers = (list: readonly number[]) =>
    list.length === 1
      ? String(list[0])
      : `x.new_tensor([${list.join(', ')}])${rank === 3 ? '.view(1, -1, 1, 1)' : ''}`;
  const deviations = variance.map(Math.sqrt);
  return written((x) =>
    `(${x} - ${numbers(mean)}) / ${numbers(deviations)}`.replaceAll('x.new', `${x}.new`),
  );
}

/** Exhaustive: a type of layer that is missing here does not compile. */
export function torchLayer(layer: ResolvedLayer): TorchLayer {
  const { spec, place } = layer;
  if (isBlock(spec)) throw new RangeError(`${layer.name} is a block`);
  const channels = place.input.at(-1) ?? 1;
  const image = place.input.length === 3;
  switch (spec.type) {
    case 'conv2d': {
      const first = [channels, spec.filters, pythonTuple(spec.kernel)];
      const groups = spec.groups === 1 ? undefined : spec.groups;
      return convolution(spec, layer, (settings) =>
        pythonCall('nn.Conv2d', first, { ...settings, groups }),
      );
    }
    case 'depthwiseconv2d': {
      const first = [channels, channels * (spec.multiplier ?? 1), pythonTuple(spec.kernel)];
      return convolution(spec, layer, (settings) =>
        pythonCall('nn.Conv2d', first, { ...settings, groups: channels }),
      );
    }
    case 'separableconv2d': {
      const first = [
        channels,
        channels * (spec.multiplier ?? 1),
        spec.filters,
        pythonTuple(spec.kernel),
      ];
      return convolution(spec, layer, (settings) => pythonCall('SeparableConv2d', first, settings));
    }
    case 'conv2dtranspose':
      return transposed(spec, layer);
    case 'maxpool2d':
    case 'averagepool2d':
      return pool(spec, layer);
    case 'globalaveragepool2d':
      return written((x) => `${x}.mean((2, 3))`);
    case 'globalmaxpool2d':
      return written((x) => `${x}.amax((2, 3))`);
    case 'flatten':
      return written((x) => `torch.flatten(${x}, 1)`);
    case 'dense':
      return applied(
        pythonCall('nn.Linear', [channels, layer.output[0] ?? 1], {
          bias: spec.bias === false ? 'False' : undefined,
        }),
      );
    case 'dropout':
      return applied(pythonCall('nn.Dropout', [spec.rate]));
    case 'spatialdropout2d':
      return applied(pythonCall('nn.Dropout2d', [spec.rate]));
    case 'batchnorm':
      return applied(
        pythonCall(image ? 'nn.BatchNorm2d' : 'nn.BatchNorm1d', [channels], {
          eps: spec.epsilon ?? 1e-3,
          // How much of the new there is, not of the old.
          momentum: Number((1 - (spec.momentum ?? 0.99)).toPrecision(12)),
        }),
      );
    case 'layernorm':
      return applied(
        pythonCall(image ? 'ChannelNorm' : 'nn.LayerNorm', [channels], {
          eps: spec.epsilon ?? 1e-3,
        }),
      );
    case 'activation':
    case 'leakyrelu':
      // Their activation is what they are.
      return spec.type === 'leakyrelu'
        ? written((x) => `F.leaky_relu(${x}, ${spec.slope ?? 0.3})`)
        : written((x) => x);
    case 'zeropadding2d': {
      const [[top, bottom], [left, right]] = spec.padding;
      return written((x) => padded(x, [top, left, bottom, right]));
    }
    case 'upsampling2d': {
      const bilinear = spec.interpolation === 'bilinear';
      return applied(
        pythonCall('nn.Upsample', [], {
          scale_factor: pythonTuple(spec.size),
          mode: bilinear ? '"bilinear"' : undefined,
        }),
      );
    }
    case 'rescaling':
      return written((x) => `${x} * ${spec.scale}${spec.offset ? ` + ${spec.offset}` : ''}`);
    case 'normalization':
      return normalized(spec, place.input.length);
    case 'squeezeexcite': {
      const hidden = Math.max(1, Math.round(channels / (spec.ratio ?? 16)));
      return applied(
        pythonCall('SqueezeExcite', [channels, hidden], {
          activation: spec.activation && lambda(spec.activation),
          gate: spec.gate && lambda(spec.gate),
        }),
      );
    }
    case 'backbone':
      throw modelError(
        layer.name,
        `${layer.name}: a pretrained network has no PyTorch modules to be written as.`,
        backboneFormats,
      );
    default:
      return spec satisfies never;
  }
}

const activations: Record<Activation, (x: string) => string> = {
  linear: (x) => x,
  relu: (x) => `F.relu(${x})`,
  relu6: (x) => `F.relu6(${x})`,
  leaky_relu: (x) => `F.leaky_relu(${x}, 0.2)`,
  elu: (x) => `F.elu(${x})`,
  gelu: (x) => `F.gelu(${x})`,
  silu: (x) => `F.silu(${x})`,
  hard_sigmoid: (x) => `F.hardsigmoid(${x})`,
  hard_swish: (x) => `F.hardswish(${x})`,
  sigmoid: (x) => `torch.sigmoid(${x})`,
  tanh: (x) => `torch.tanh(${x})`,
  softmax: (x) => `F.softmax(${x}, dim=1)`,
};

export function torchActivation(activation: Activation, x: string): string {
  return activations[activation](x);
}

function lambda(activation: Activation): string {
  return `lambda x: ${torchActivation(activation, 'x')}`;
}
