/** A layer's settings in a few words: '32 filters · 3×3 · same · ReLU'. */
import type { LayerSpec } from '#shared/model-spec.ts';
import { integer } from '../../../ui/format.ts';
import { text } from './text.ts';

type Pair = readonly [number, number];

const times = (pair: Pair): string => pair.join('×');

function strided(strides: Pair | undefined, usual: Pair = [1, 1]): string[] {
  return strides && times(strides) !== times(usual) ? [`stride ${times(strides)}`] : [];
}

function padded(padding: string | Pair | undefined): string[] {
  if (padding === undefined || padding === 'valid') return [];
  return [typeof padding === 'string' ? padding : `padding ${times(padding)}`];
}

function own(layer: LayerSpec): string[] {
  switch (layer.type) {
    case 'conv2d':
    case 'separableconv2d':
    case 'conv2dtranspose':
      return [
        `${integer(layer.filters)} filters`,
        times(layer.kernel),
        ...strided(layer.strides),
        ...padded(layer.padding),
      ];
    case 'depthwiseconv2d':
      return [times(layer.kernel), ...strided(layer.strides), ...padded(layer.padding)];
    case 'maxpool2d':
    case 'averagepool2d':
      return [times(layer.size), ...strided(layer.strides, layer.size), ...padded(layer.padding)];
    case 'upsampling2d':
      return [times(layer.size), ...(layer.interpolation === 'bilinear' ? ['bilinear'] : [])];
    case 'dense':
      return [layer.units === 'classes' ? 'one unit a class' : `${integer(layer.units)} units`];
    case 'dropout':
    case 'spatialdropout2d':
      return [`${Math.round(layer.rate * 100)} %`];
    case 'rescaling':
      return [`× ${layer.scale}`, ...(layer.offset ? [`+ ${layer.offset}`] : [])];
    case 'zeropadding2d':
      return [layer.padding.flat().join(', ')];
    case 'branches':
      return [
        `${layer.branches.length} branches`,
        layer.merge === 'add' ? 'added up' : 'side by side',
      ];
    case 'squeezeexcite':
      return [`ratio ${layer.ratio ?? 16}`];
    case 'leakyrelu':
      return [`slope ${layer.slope ?? 0.3}`];
    default:
      return [];
  }
}

export function describeLayer(layer: LayerSpec): string {
  const activation =
    'activation' in layer && layer.activation && layer.activation !== 'linear'
      ? [text.option(layer.activation)]
      : [];
  return [...own(layer), ...activation, ...(layer.trainable === false ? [text.frozen] : [])].join(
    ' · ',
  );
}
