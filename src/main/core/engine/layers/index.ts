/** The total table: a layer type of the schema without an entry does not compile. */
import type { PlainLayerSpec } from '#shared/model-spec.ts';
import { noBackbones, type Backbones } from '../backbones/backbones.ts';
import { backboneLayer } from './backbone.ts';
import { batchNormalization } from './batch-normalization.ts';
import { conv2d, depthwiseConv2d, separableConv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2d-transpose.ts';
import { dense } from './dense.ts';
import { normalization, rescaling, upSampling2d, zeroPadding2d } from './image.ts';
import { layerNormalization } from './layer-normalization.ts';
import { averagePool2d, globalAveragePool2d, globalMaxPool2d, maxPool2d } from './pooling.ts';
import { activation, dropout, flatten, leakyRelu, spatialDropout2d } from './simple.ts';
import { squeezeExcite } from './squeeze-excite.ts';
import type { LayerDef } from './types.ts';

const layers: {
  [Type in Exclude<PlainLayerSpec['type'], 'backbone'>]: LayerDef<
    Extract<PlainLayerSpec, { type: Type }>
  >;
} = {
  conv2d,
  depthwiseconv2d: depthwiseConv2d,
  separableconv2d: separableConv2d,
  conv2dtranspose: conv2dTranspose,
  maxpool2d: maxPool2d,
  averagepool2d: averagePool2d,
  globalaveragepool2d: globalAveragePool2d,
  globalmaxpool2d: globalMaxPool2d,
  flatten,
  dense,
  dropout,
  spatialdropout2d: spatialDropout2d,
  batchnorm: batchNormalization,
  layernorm: layerNormalization,
  activation,
  leakyrelu: leakyRelu,
  zeropadding2d: zeroPadding2d,
  upsampling2d: upSampling2d,
  rescaling,
  normalization,
  squeezeexcite: squeezeExcite,
};

export function layerDef(spec: PlainLayerSpec, backbones: Backbones = noBackbones): LayerDef {
  return spec.type === 'backbone' ? backboneLayer(spec, backbones) : layers[spec.type];
}
