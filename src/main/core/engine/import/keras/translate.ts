/** Keras' layers as layers of a spec. */
import type { Activation, Padding, PlainLayerSpec } from '#shared/model-spec.ts';
import { activation as activations } from '#shared/layer-spec.ts';
import { unsupported, type ForeignLayer } from './foreign.ts';

/** Reads one layer's settings; what Fovea has not is an error that names the layer. */
export class Settings {
  readonly layer: ForeignLayer;
  readonly #subject: string;
  readonly #keras3: boolean;

  constructor(layer: ForeignLayer, subject: string, keras3: boolean) {
    this.layer = layer;
    this.#subject = subject;
    this.#keras3 = keras3;
  }

  refuse(why: string): never {
    const { name, className } = this.layer;
    throw unsupported(this.#subject, `the layer ${name} (${className}) ${why}`);
  }

  get(key: string): unknown {
    return this.layer.config[key] ?? undefined;
  }

  number(key: string, fallback?: number): number {
    const value = this.get(key) ?? fallback;
    return typeof value === 'number' ? value : this.refuse(`has no number as ${key}.`);
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.get(key) ?? fallback;
    return typeof value === 'boolean' ? value : this.refuse(`has neither yes nor no as ${key}.`);
  }

  /** A pair of numbers, or one for both. */
  pair(key: string, fallback?: readonly [number, number]): [number, number] {
    const value = this.get(key) ?? fallback;
    const both = typeof value === 'number' ? [value, value] : value;
    if (!Array.isArray(both) || both.length !== 2) return this.refuse(`has no sizes as ${key}.`);
    const [first, second] = both as unknown[];
    if (typeof first !== 'number' || typeof second !== 'number') {
      return this.refuse(`has no sizes as ${key}.`);
    }
    return [first, second];
  }

  /** Refuses whatever is not the only value that Fovea knows. */
  only(key: string, ...allowed: unknown[]): void {
    const value = this.get(key);
    if (
      value === undefined ||
      allowed.some((each) => JSON.stringify(each) === JSON.stringify(value))
    )
      return;
    this.refuse(`has ${JSON.stringify(value)} as ${key}, which is not supported.`);
  }

  padding(): Padding {
    const value = this.get('padding') ?? 'valid';
    return value === 'valid' || value === 'same'
      ? value
      : this.refuse(`has ${JSON.stringify(value)} as padding, which is not supported.`);
  }

  activation(key = 'activation'): Activation {
    const value = this.get(key) ?? 'linear';
    const object = value as { class_name?: unknown; config?: unknown };
    const named = typeof value === 'string' ? value : (object.config ?? object.class_name);
    const name = typeof named === 'string' ? (otherNames[named] ?? named) : '';
    const known = activations.safeParse(name);
    const another = !this.#keras3 && name === 'hard_sigmoid';
    if (known.success && !another) return known.data;
    return this.refuse(`has the activation ${JSON.stringify(named)}, which is not supported.`);
  }
}

const otherNames: Record<string, string> = {
  swish: 'silu',
  hard_silu: 'hard_swish',
  relu_6: 'relu6',
};

type Translate = (s: Settings) => PlainLayerSpec | null;

/** Null: nothing, where a layer does nothing to an image that is asked about. */
const nothing: Translate = () => null;

const common = (s: Settings) => ({
  name: s.layer.name,
  ...(s.flag('trainable', true) ? {} : { trainable: false }),
});

function sliding(s: Settings) {
  s.only('data_format', 'channels_last');
  return {
    ...common(s),
    kernel: s.pair('kernel_size'),
    strides: s.pair('strides', [1, 1]),
    padding: s.padding(),
    dilation: s.pair('dilation_rate', [1, 1]),
    bias: s.flag('use_bias', true),
    activation: s.activation(),
  };
}

function window(s: Settings) {
  s.only('data_format', 'channels_last');
  const size = s.pair('pool_size', [2, 2]);
  return { ...common(s), size, strides: s.pair('strides', size), padding: s.padding() };
}

function channelsLastAxis(s: Settings): void {
  s.only('axis', -1, [-1], 3, [3]);
}

function global(s: Settings) {
  s.only('data_format', 'channels_last');
  s.only('keepdims', false);
  return common(s);
}

const relu: Translate = (s) => {
  s.only('threshold', 0);
  const slope = s.number('negative_slope', 0);
  const most = s.get('max_value');
  const name = common(s);
  if (slope > 0 && most === undefined) return { ...name, type: 'leakyrelu', slope };
  if (slope === 0 && most === undefined) return { ...name, type: 'activation', activation: 'relu' };
  if (slope === 0 && most === 6) return { ...name, type: 'activation', activation: 'relu6' };
  return s.refuse('has a slope and a limit, which is not supported.');
};

function numbers(s: Settings, key: string): number[] {
  const value = s.get(key);
  const flat = (Array.isArray(value) ? value.flat(4) : [value]) as unknown[];
  return flat.map((each) =>
    typeof each === 'number' ? each : s.refuse(`has no numbers as ${key}.`),
  );
}

const translations: Record<string, Translate> = {
  Conv2D: (s) => ({
    ...sliding(s),
    type: 'conv2d',
    filters: s.number('filters'),
    groups: s.number('groups', 1),
  }),
  DepthwiseConv2D: (s) => ({
    ...sliding(s),
    type: 'depthwiseconv2d',
    multiplier: s.number('depth_multiplier', 1),
  }),
  SeparableConv2D: (s) => ({
    ...sliding(s),
    type: 'separableconv2d',
    filters: s.number('filters'),
    multiplier: s.number('depth_multiplier', 1),
  }),
  Conv2DTranspose(s) {
    const { dilation, padding, ...rest } = sliding(s);
    s.only('output_padding', null);
    if (dilation.some((step) => step !== 1)) s.refuse('is dilated, which is not supported.');
    return {
      ...rest,
      type: 'conv2dtranspose',
      filters: s.number('filters'),
      padding: padding === 'same' ? 'same' : 'valid',
    };
  },
  MaxPooling2D: (s) => ({ ...window(s), type: 'maxpool2d' }),
  AveragePooling2D: (s) => ({ ...window(s), type: 'averagepool2d' }),
  GlobalAveragePooling2D: (s) => ({ ...global(s), type: 'globalaveragepool2d' }),
  GlobalMaxPooling2D: (s) => ({ ...global(s), type: 'globalmaxpool2d' }),
  Flatten(s) {
    s.only('data_format', 'channels_last');
    return { ...common(s), type: 'flatten' };
  },
  Dense: (s) => ({
    ...common(s),
    type: 'dense',
    units: s.number('units'),
    bias: s.flag('use_bias', true),
    activation: s.activation(),
  }),
  Dropout: (s) => ({ ...common(s), type: 'dropout', rate: s.number('rate') }),
  SpatialDropout2D: (s) => ({ ...common(s), type: 'spatialdropout2d', rate: s.number('rate') }),
  BatchNormalization(s) {
    channelsLastAxis(s);
    s.only('renorm', false);
    return {
      ...common(s),
      type: 'batchnorm',
      momentum: s.number('momentum', 0.99),
      epsilon: s.number('epsilon', 1e-3),
      scale: s.flag('scale', true),
      center: s.flag('center', true),
    };
  },
  LayerNormalization(s) {
    channelsLastAxis(s);
    for (const part of ['scale', 'center']) s.only(part, true);
    s.only('rms_scaling', false);
    return { ...common(s), type: 'layernorm', epsilon: s.number('epsilon', 1e-3) };
  },
  Activation: (s) => ({ ...common(s), type: 'activation', activation: s.activation() }),
  ReLU: relu,
  LeakyReLU: (s) => ({
    ...common(s),
    type: 'leakyrelu',
    slope: s.number('negative_slope', s.number('alpha', 0.3)),
  }),
  ELU(s) {
    s.only('alpha', 1);
    return { ...common(s), type: 'activation', activation: 'elu' };
  },
  Softmax(s) {
    channelsLastAxis(s);
    return { ...common(s), type: 'activation', activation: 'softmax' };
  },
  ZeroPadding2D(s) {
    s.only('data_format', 'channels_last');
    const value = s.get('padding') ?? 1;
    const both = Array.isArray(value) ? (value as unknown[]) : [value, value];
    const sides = both.map((side) => (Array.isArray(side) ? (side as unknown[]) : [side, side]));
    const [top, bottom, left, right] = sides
      .flat()
      .map((each) => (typeof each === 'number' ? each : s.refuse('has no sizes as padding.')));
    const padding: [[number, number], [number, number]] = [
      [top ?? 0, bottom ?? 0],
      [left ?? 0, right ?? 0],
    ];
    return { ...common(s), type: 'zeropadding2d', padding };
  },
  UpSampling2D(s) {
    s.only('data_format', 'channels_last');
    const interpolation = s.get('interpolation') ?? 'nearest';
    if (interpolation !== 'nearest' && interpolation !== 'bilinear') {
      return s.refuse(`up-samples by ${JSON.stringify(interpolation)}, which is not supported.`);
    }
    return { ...common(s), type: 'upsampling2d', size: s.pair('size', [2, 2]), interpolation };
  },
  Rescaling: (s) => ({
    ...common(s),
    type: 'rescaling',
    scale: s.number('scale'),
    offset: s.number('offset', 0),
  }),
  Normalization(s) {
    channelsLastAxis(s);
    s.only('invert', false);
    return {
      ...common(s),
      type: 'normalization',
      mean: numbers(s, 'mean'),
      variance: numbers(s, 'variance'),
    };
  },
  InputLayer: nothing,
  Identity: nothing,
  // They vary images in training only.
  GaussianNoise: nothing,
  RandomFlip: nothing,
  RandomRotation: nothing,
  RandomZoom: nothing,
  RandomTranslation: nothing,
  RandomContrast: nothing,
  RandomBrightness: nothing,
};

/** Null where nothing has to stand for it. */
export function translate(s: Settings): PlainLayerSpec | null {
  const { className } = s.layer;
  const known = Object.hasOwn(translations, className) ? translations[className] : undefined;
  return known ? known(s) : s.refuse('is not supported.');
}
