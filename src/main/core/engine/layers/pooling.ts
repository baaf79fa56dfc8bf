import type { LayerSpec, Padding } from '#shared/model-spec.ts';
import { imageInput, modelError } from './errors.ts';
import type { LayerDef, LayerPlace } from './types.ts';
import { padsOf, slideWindow, type Pair } from './window.ts';

type PoolSpec = Extract<LayerSpec, { type: 'maxpool2d' | 'averagepool2d' }>;

/** More than half the window, and some windows would see nothing but padding. */
function checkPadding(place: LayerPlace, size: Pair, padding: Padding): void {
  if (typeof padding === 'string') return;
  if (padding[0] * 2 <= size[0] && padding[1] * 2 <= size[1]) return;
  throw modelError(
    place.name,
    `${place.name}: its padding of ${padding.join('×')} is more than half of its ${size.join('×')} window.`,
  );
}

function pooling<Spec extends PoolSpec>(
  className: string,
  autoName: string,
  op: 'MaxPool' | 'AveragePool',
): LayerDef<Spec> {
  return {
    className,
    autoName,
    output(spec, place) {
      const [height, width, channels] = imageInput(place);
      const { size, strides = size, padding = 'valid' } = spec;
      checkPadding(place, size, padding);
      const sliding = { kernel: size, strides, padding };
      return [...slideWindow(place, 'pool', [height, width], sliding), channels];
    },
    parameters: () => [],
    build({ b }, spec, x, place) {
      const [height, width] = imageInput(place);
      const strides = spec.strides ?? spec.size;
      return b.op(op, [x], {
        kernel_shape: spec.size,
        strides,
        pads: padsOf(spec.padding ?? 'valid', [height, width], spec.size, strides),
      });
    },
    activation: () => 'linear',
  };
}

export const maxPool2d = pooling<Extract<LayerSpec, { type: 'maxpool2d' }>>(
  'MaxPooling2D',
  'max_pooling2d',
  'MaxPool',
);

export const averagePool2d = pooling<Extract<LayerSpec, { type: 'averagepool2d' }>>(
  'AveragePooling2D',
  'average_pooling2d',
  'AveragePool',
);

export const globalAveragePool2d: LayerDef<Extract<LayerSpec, { type: 'globalaveragepool2d' }>> = {
  className: 'GlobalAveragePooling2D',
  autoName: 'global_average_pooling2d',
  output(_spec, place) {
    const [, , channels] = imageInput(place);
    return [channels];
  },
  parameters: () => [],
  build({ b }, _spec, x, place) {
    const [, , channels] = imageInput(place);
    return b.reshape(b.op('GlobalAveragePool', [x]), [0, channels]);
  },
  activation: () => 'linear',
};

/** Equal largest numbers of a channel share the gradient, as in Keras. */
export const globalMaxPool2d: LayerDef<Extract<LayerSpec, { type: 'globalmaxpool2d' }>> = {
  className: 'GlobalMaxPooling2D',
  autoName: 'global_max_pooling2d',
  output(_spec, place) {
    const [, , channels] = imageInput(place);
    return [channels];
  },
  parameters: () => [],
  build: ({ b }, _spec, x) => b.op('ReduceMax', [x, b.ints([2, 3])], { keepdims: 0 }),
  activation: () => 'linear',
};
