import type { LayerSpec } from '#shared/model-spec.ts';
import { imageInput } from './errors.ts';
import type { LayerDef } from './types.ts';
import { padsOf, slideWindow } from './window.ts';

type PoolSpec = Extract<LayerSpec, { type: 'maxpool2d' | 'averagepool2d' }>;

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
      const strides = spec.strides ?? spec.size;
      const padding = spec.padding ?? 'valid';
      return [
        ...slideWindow(place, 'pool', [height, width], spec.size, strides, padding),
        channels,
      ];
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
