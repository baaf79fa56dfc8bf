/** The total table: a layer type of the schema without an entry does not compile. */
import type { LayerSpec } from '#shared/model-spec.ts';
import { batchNormalization } from './batch-normalization.ts';
import { conv2d } from './conv2d.ts';
import { dense } from './dense.ts';
import { averagePool2d, globalAveragePool2d, maxPool2d } from './pooling.ts';
import { activation, dropout, flatten } from './simple.ts';
import type { LayerDef } from './types.ts';

const layers: { [Type in LayerSpec['type']]: LayerDef<Extract<LayerSpec, { type: Type }>> } = {
  conv2d,
  maxpool2d: maxPool2d,
  averagepool2d: averagePool2d,
  globalaveragepool2d: globalAveragePool2d,
  flatten,
  dense,
  dropout,
  batchnorm: batchNormalization,
  activation,
};

export function layerDef(spec: LayerSpec): LayerDef {
  return layers[spec.type];
}
