/**
 * ONNX Runtime's own operators on images with their channels in blocks (its domain
 * com.microsoft.nchwc): [N, C, H, W] says the shape, the numbers lie as [N, C / block, H, W, block].
 * `engine/blocked` puts them into training graphs; nothing else emits them, and no exported model
 * has them: the size of a block depends on the processor.
 */
import { GraphError, concrete, sizeAt } from '../graph/shape.ts';
import { conv } from './conv/conv.ts';
import { intAttribute, required } from './helpers.ts';
import { globalAveragePool, maxPool } from './pool.ts';
import type { OpDef } from './types.ts';

const domain = 'com.microsoft.nchwc';

/** As Conv, with the kernel laid out in blocks; then adds input 3, then the activation. */
export const nchwcConv: OpDef = {
  foreign: { domain, type: 'Conv' },
  attributes: { ...conv.attributes, activation: 'string' },
  infer(inputs, attributes) {
    return conv.infer(inputs.slice(0, 3), attributes);
  },
  gradient: null,
};

export const nchwcMaxPool: OpDef = {
  foreign: { domain, type: 'MaxPool' },
  attributes: maxPool.attributes,
  infer: (inputs, attributes) => maxPool.infer(inputs, attributes).slice(0, 1),
  gradient: null,
};

export const nchwcGlobalAveragePool: OpDef = {
  ...globalAveragePool,
  foreign: { domain, type: 'GlobalAveragePool' },
  gradient: null,
};

/** From rows of channels to blocks; only for whole blocks. */
export const reorderInput: OpDef = {
  foreign: { domain, type: 'ReorderInput' },
  attributes: {},
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'ReorderInput');
    return [{ dtype, shape }];
  },
  gradient: null,
};

/** And back. */
export const reorderOutput: OpDef = {
  foreign: { domain, type: 'ReorderOutput' },
  attributes: { channels: 'int' },
  infer(inputs, attributes) {
    const { dtype, shape } = required(inputs, 0, 'ReorderOutput');
    const channels = intAttribute(attributes, 'channels', 0);
    if (channels !== sizeAt(shape, 1))
      throw new GraphError(`ReorderOutput to ${channels} channels`);
    return [{ dtype, shape }];
  },
  gradient: null,
};

/**
 * x, y = its 2×2 max pool, dy → dx. Stands for several operators, which depend on how the numbers
 * lie: `engine/blocked` writes them.
 */
export const maxPoolGradient: OpDef = {
  attributes: {},
  infer(inputs) {
    const { dtype, shape } = required(inputs, 0, 'MaxPoolGradient');
    required(inputs, 2, 'MaxPoolGradient');
    return [{ dtype, shape: concrete(shape) }];
  },
  gradient: null,
};

/**
 * [N, C, H, W] → [N · count, C, rows, W]: strips of rows, each beginning `step` rows after the one
 * before, as images. They end with the image. Stands for operators that depend on how the numbers
 * lie, as above.
 */
export const strips: OpDef = {
  attributes: { count: 'int', rows: 'int', step: 'int' },
  infer(inputs, attributes) {
    const { dtype, shape } = required(inputs, 0, 'Strips');
    const [n = 0, c = 0, h = 0, w = 0] = concrete(shape);
    const count = intAttribute(attributes, 'count', 1);
    const rows = intAttribute(attributes, 'rows', 1);
    if ((count - 1) * intAttribute(attributes, 'step', 1) + rows !== h) {
      throw new GraphError(`Strips of ${rows} rows do not end with an image of ${h}`);
    }
    return [{ dtype, shape: [n * count, c, rows, w] }];
  },
  gradient: null,
};
