/**
 * How a model's parameters lie in a PyTorch state dict: names from the modules that `modules.ts`
 * writes, kernels of dense layers turned around. Used in both directions.
 */
import { elements } from '../../graph/shape.ts';
import { allLayers, type ResolvedLayer, type ResolvedModel } from '../../layers/resolve.ts';
import type { ParameterValues } from '../../programs/parameters.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { attributeNames } from './python.ts';

/** In the metadata of a safetensors file of ours: the model that its weights are of. */
export const SPEC_KEY = 'fovea_model';

export interface StateDictEntry {
  /** Of PyTorch: 'conv2d.weight'. */
  key: string;
  /** Full name of the parameter: 'conv2d/kernel'. Null where PyTorch has one that the model lacks. */
  parameter: string | null;
  /** Stored [inputs, units] here, [units, inputs] there. */
  turned: boolean;
  /** As PyTorch has it. */
  shape: readonly number[];
  /** What fills it where the model has no such parameter. */
  fill: number;
}

const keys: Readonly<Record<string, string>> = {
  kernel: 'weight',
  bias: 'bias',
  gamma: 'weight',
  beta: 'bias',
  moving_mean: 'running_mean',
  moving_variance: 'running_var',
  depthwise_kernel: 'depthwise.weight',
  pointwise_kernel: 'pointwise.weight',
  reduce_kernel: 'reduce.weight',
  reduce_bias: 'reduce.bias',
  expand_kernel: 'expand.weight',
  expand_bias: 'expand.bias',
};

function keyOf(layer: ResolvedLayer, parameter: string): string {
  // The bias of a separable convolution is the second one's.
  if (layer.spec.type === 'separableconv2d' && parameter === 'bias') return 'pointwise.bias';
  const key = keys[parameter];
  if (key === undefined) throw new RangeError(`${layer.name}/${parameter} has no name in PyTorch`);
  return key;
}

/** In the order of the layers. */
export function stateDictEntries(model: ResolvedModel): StateDictEntry[] {
  const layers = allLayers(model.layers);
  const names = attributeNames(layers);
  return layers.flatMap((layer) => {
    const attribute = names.get(layer.name) ?? layer.name;
    const entries = layer.parameters.map(({ name, shape }): StateDictEntry => {
      const turned = name.endsWith('kernel') && shape.length === 2;
      return {
        key: `${attribute}.${keyOf(layer, name)}`,
        parameter: `${layer.name}/${name}`,
        turned,
        shape: turned ? shape.toReversed() : shape,
        fill: 0,
      };
    });
    return [...entries, ...missing(layer, attribute, entries)];
  });
}

/** PyTorch's batch normalisation has both or neither of its weights; ours may lack one. */
function missing(
  { spec, parameters }: ResolvedLayer,
  attribute: string,
  entries: readonly StateDictEntry[],
): StateDictEntry[] {
  if (spec.type !== 'batchnorm') return [];
  const [shape = []] = parameters.map((parameter) => parameter.shape);
  const wanted = [
    { key: `${attribute}.weight`, fill: 1 },
    { key: `${attribute}.bias`, fill: 0 },
  ];
  return wanted
    .filter(({ key }) => !entries.some((entry) => entry.key === key))
    .map(({ key, fill }) => ({ key, parameter: null, turned: false, shape, fill }));
}

export function toStateDict(
  model: ResolvedModel,
  parameters: ParameterValues,
): [string, FloatTensor][] {
  return stateDictEntries(model).map(({ key, parameter, turned, shape, fill }) => {
    if (parameter === null)
      return [key, { shape, data: new Float32Array(elements(shape)).fill(fill) }];
    const value = parameters.get(parameter);
    if (!value) throw new RangeError(`${parameter} is not in the checkpoint`);
    return [key, { shape, data: turned ? turn(value.data, value.shape) : value.data }];
  });
}

/** A matrix with rows and columns exchanged. */
export function turn(data: Float32Array, shape: readonly number[]): Float32Array {
  const [rows = 1, columns = 1] = shape;
  const result = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = data[row * columns + column] ?? Number.NaN;
    }
  }
  return result;
}
