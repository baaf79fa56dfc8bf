/** A small network as somebody else would export it, with random weights. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import type { Value } from '#core/engine/graph/types.ts';
import { Random } from '#core/engine/random.ts';

export interface TinyBackbone {
  file: string;
  sha256: string;
}

/**
 * Two convolutions, batch normalisation, means and a classifier of five classes, for RGB.
 * @param rounded with an operator without gradient between the convolutions
 */
export function tinyBackbone(folder: string, { rounded = false } = {}): TinyBackbone {
  const random = new Random(7, 'backbone');
  const b = new GraphBuilder('tiny');
  const weight = (name: string, dims: number[], add = 0): Value => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    const data = Float32Array.from({ length: count }, () => add + random.uniform() - 0.5);
    return b.initializer(name, { dtype: 'float32', dims, data });
  };
  const x = b.input('image', 'float32', ['batch', 3, 8, 8]);
  const first = b.op('Conv', [x, weight('stem.weight', [6, 3, 3, 3]), weight('stem.bias', [6])], {
    kernel_shape: [3, 3],
    strides: [1, 1],
    pads: [1, 1, 1, 1],
  });
  const norm = b.op('BatchNormalization', [
    first,
    weight('norm.weight', [6], 1),
    weight('norm.bias', [6]),
    weight('norm.mean', [6]),
    weight('norm.variance', [6], 1),
  ]);
  const active = b.op('Relu', [norm]);
  const between = rounded ? b.op('Round', [active]) : active;
  const second = b.op('Conv', [between, weight('top.weight', [8, 6, 3, 3])], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  const maps = b.op('Relu', [second]);
  const means = b.reshape(b.op('GlobalAveragePool', [maps]), [0, 8]);
  b.output('stem', first);
  b.output('maps', maps);
  b.output('answer', b.op('Gemm', [means, weight('fc.weight', [8, 5]), weight('fc.bias', [5])]));
  const bytes = toOnnx(b.finish());
  const file = join(folder, 'tiny.onnx');
  writeFileSync(file, bytes);
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
}
