/** Every operator with a gradient rule against central differences. */
import { describe, expect, it } from 'vitest';
import { opNames, type OpName } from '#core/engine/graph/op-names.ts';
import { dataTypes } from '#core/engine/graph/onnx-proto.ts';
import { ops } from '#core/engine/ops/index.ts';
import { checkGradient, distinctTensor, randomTensor, type GradientCase } from './harness.ts';

const away = { away: 0.2, scale: 1.5 };

function unary(op: OpName, input = randomTensor([2, 3], away)): GradientCase {
  return { inputs: { x: input }, build: (b, { x }) => b.op(op, [x!]) };
}

function withAlpha(op: OpName, alpha: number): GradientCase {
  return {
    inputs: { x: randomTensor([3, 4], away) },
    build: (b, { x }) => b.op(op, [x!], { alpha }),
  };
}

function binary(op: OpName, left: number[], right: number[], range = away): GradientCase {
  return {
    inputs: {
      l: randomTensor(left, range),
      r: randomTensor(right, { ...range, seed: 2 }),
    },
    build: (b, { l, r }) => b.op(op, [l!, r!]),
  };
}

function softmaxLike(op: OpName): GradientCase {
  return {
    inputs: { x: randomTensor([3, 4], { scale: 2 }) },
    build: (b, { x }) => b.op(op, [x!], { axis: -1 }),
  };
}

function reduction(op: OpName, axes: number[], keepdims: 0 | 1): GradientCase {
  return {
    inputs: { x: randomTensor([2, 3, 4]) },
    build: (b, { x }) => b.op(op, [x!, b.ints(axes)], { keepdims }),
  };
}

function gemm(transA: number, transB: number): GradientCase {
  return {
    inputs: {
      a: randomTensor(transA ? [4, 3] : [3, 4]),
      c: randomTensor(transB ? [5, 4] : [4, 5], { seed: 2 }),
      bias: randomTensor([5], { seed: 3 }),
    },
    build: (b, { a, c, bias }) => b.op('Gemm', [a!, c!, bias!], { transA, transB }),
  };
}

function resized(sizes: number[], axes: number[]): GradientCase {
  return {
    inputs: { x: randomTensor([2, 2, 4, 5]) },
    build: (b, { x }) =>
      b.op('Resize', [x!, null, null, b.ints(sizes)], {
        mode: 'linear',
        coordinate_transformation_mode: 'half_pixel',
        axes,
      }),
  };
}

const cases: Partial<Record<OpName, Record<string, GradientCase>>> = {
  Add: { same: binary('Add', [2, 3], [2, 3]), broadcast: binary('Add', [2, 3, 4], [3, 1]) },
  Sub: { same: binary('Sub', [2, 3], [2, 3]), broadcast: binary('Sub', [3], [2, 3]) },
  Mul: { same: binary('Mul', [2, 3], [2, 3]), broadcast: binary('Mul', [2, 3, 4], [1, 4]) },
  Div: {
    same: binary('Div', [2, 3], [2, 3], { away: 0.7, scale: 1.5 }),
    broadcast: binary('Div', [2, 3], [1], { away: 0.7, scale: 1.5 }),
  },
  Neg: { any: unary('Neg') },
  Exp: { any: unary('Exp') },
  Identity: { any: unary('Identity') },
  Log: { positive: unary('Log', randomTensor([2, 3], { positive: true, away: 0.5, scale: 2 })) },
  Sqrt: { positive: unary('Sqrt', randomTensor([2, 3], { positive: true, away: 0.5, scale: 2 })) },
  Reciprocal: {
    positive: unary('Reciprocal', randomTensor([2, 3], { positive: true, away: 0.7, scale: 2 })),
  },
  Relu: {
    where: { ...unary('Relu'), lowerings: { relu: 'where' } },
    sign: { ...unary('Relu'), lowerings: { relu: 'sign' } },
    cast: { ...unary('Relu'), lowerings: { relu: 'cast' } },
  },
  Sigmoid: { any: unary('Sigmoid') },
  Tanh: { any: unary('Tanh') },
  Clip: {
    'away from its bounds': {
      inputs: { x: { dtype: 'float32', dims: [6], data: Float32Array.of(-9, -1, 0.5, 2, 5.5, 8) } },
      build: (b, { x }) => b.op('Clip', [x!, b.scalar(0), b.scalar(6)]),
    },
  },
  Elu: { any: withAlpha('Elu', 1.3) },
  Erf: { any: unary('Erf') },
  LeakyRelu: { any: withAlpha('LeakyRelu', 0.2) },
  Softplus: { any: unary('Softplus', randomTensor([2, 3], { scale: 4 })) },
  Softmax: { last: softmaxLike('Softmax') },
  LogSoftmax: { last: softmaxLike('LogSoftmax') },
  Cast: {
    'float to float': {
      inputs: { x: randomTensor([2, 3]) },
      build: (b, { x }) => b.op('Cast', [x!], { to: dataTypes.float32 }),
    },
  },
  Where: {
    broadcast: {
      inputs: {
        c: { dtype: 'bool', dims: [2, 3], data: Uint8Array.of(1, 0, 1, 0, 0, 1) },
        l: randomTensor([2, 3]),
        r: randomTensor([3], { seed: 2 }),
      },
      wrt: ['l', 'r'],
      build: (b, { c, l, r }) => b.op('Where', [c!, l!, r!]),
    },
  },
  ReduceSum: {
    'some axes': reduction('ReduceSum', [0, 2], 0),
    kept: reduction('ReduceSum', [1], 1),
    all: {
      inputs: { x: randomTensor([2, 3]) },
      build: (b, { x }) => b.op('ReduceSum', [x!], { keepdims: 0 }),
    },
  },
  ReduceMax: {
    'some axes': {
      inputs: { x: distinctTensor([2, 3, 4]) },
      build: (b, { x }) => b.op('ReduceMax', [x!, b.ints([0, 2])], { keepdims: 0 }),
    },
    kept: {
      inputs: { x: distinctTensor([2, 3, 4]) },
      build: (b, { x }) => b.op('ReduceMax', [x!, b.ints([1])], { keepdims: 1 }),
    },
  },
  ReduceMean: {
    'some axes': reduction('ReduceMean', [0, 2], 1),
    dropped: reduction('ReduceMean', [-1], 0),
  },
  Reshape: {
    any: {
      inputs: { x: randomTensor([2, 3, 2]) },
      build: (b, { x }) => b.reshape(x!, [4, -1]),
    },
  },
  Expand: {
    any: {
      inputs: { x: randomTensor([3, 1]) },
      build: (b, { x }) => b.op('Expand', [x!, b.ints([2, 3, 4])]),
    },
  },
  Transpose: {
    any: {
      inputs: { x: randomTensor([2, 3, 4]) },
      build: (b, { x }) => b.transpose(x!, [2, 0, 1]),
    },
  },
  Concat: {
    any: {
      inputs: { l: randomTensor([2, 3]), r: randomTensor([2, 2], { seed: 2 }) },
      build: (b, { l, r }) => b.op('Concat', [l!, r!], { axis: 1 }),
    },
  },
  Split: {
    'one part unused': {
      inputs: { x: randomTensor([2, 6]) },
      build(b, { x }) {
        const [first, , third] = b.node('Split', [x!, b.ints([2, 1, 3])], { axis: 1 });
        return b.op('Concat', [third!, first!], { axis: 1 });
      },
    },
  },
  Slice: {
    any: {
      inputs: { x: randomTensor([3, 5]) },
      build: (b, { x }) => b.op('Slice', [x!, b.ints([1, 1]), b.ints([3, 4]), b.ints([0, 1])]),
    },
  },
  Pad: {
    any: {
      inputs: { x: randomTensor([2, 3]) },
      build: (b, { x }) => b.op('Pad', [x!, b.ints([1, 0, 0, 2])]),
    },
  },
  MatMul: {
    plain: binary('MatMul', [3, 4], [4, 2]),
    stacked: binary('MatMul', [2, 3, 4], [2, 4, 2]),
    broadcast: binary('MatMul', [2, 3, 4], [4, 2]),
  },
  Gemm: { plain: gemm(0, 0), 'a turned': gemm(1, 0), 'b turned': gemm(0, 1), both: gemm(1, 1) },
  Conv: {
    plain: {
      inputs: {
        x: randomTensor([2, 2, 5, 5]),
        w: randomTensor([3, 2, 3, 3], { seed: 2 }),
        bias: randomTensor([3], { seed: 3 }),
      },
      build: (b, { x, w, bias }) => b.op('Conv', [x!, w!, bias!], { kernel_shape: [3, 3] }),
    },
  },
  ConvTranspose: {
    plain: {
      inputs: {
        x: randomTensor([2, 3, 3, 3]),
        w: randomTensor([3, 2, 3, 3], { seed: 2 }),
        bias: randomTensor([2], { seed: 3 }),
      },
      build: (b, { x, w, bias }) =>
        b.op('ConvTranspose', [x!, w!, bias!], { kernel_shape: [3, 3], strides: [2, 2] }),
    },
  },
  Max: {
    same: {
      inputs: { l: distinctTensor([3, 4]), r: distinctTensor([3, 4], { seed: 2, gap: 0.13 }) },
      build: (b, { l, r }) => b.op('Max', [l!, r!]),
    },
  },
  MaxPool: {
    unpool: {
      inputs: { x: distinctTensor([2, 2, 5, 4]) },
      build: (b, { x }) => b.op('MaxPool', [x!], { kernel_shape: [2, 2], strides: [2, 2] }),
      lowerings: { maxPool: 'unpool' },
    },
    'compare, odd sizes': {
      inputs: { x: distinctTensor([2, 3, 5, 7]) },
      build: (b, { x }) => b.op('MaxPool', [x!], { kernel_shape: [2, 2], strides: [2, 2] }),
      lowerings: { maxPool: 'compare' },
    },
    'compare, even sizes': {
      inputs: { x: distinctTensor([2, 2, 4, 6], { seed: 3 }) },
      build: (b, { x }) => b.op('MaxPool', [x!], { kernel_shape: [2, 2], strides: [2, 2] }),
      lowerings: { maxPool: 'compare' },
    },
    'compare falls back': {
      inputs: { x: distinctTensor([1, 2, 6, 6]) },
      build: (b, { x }) => b.op('MaxPool', [x!], { kernel_shape: [3, 2], strides: [3, 2] }),
      lowerings: { maxPool: 'compare' },
    },
    scatter: {
      inputs: { x: distinctTensor([2, 2, 5, 4]) },
      build: (b, { x }) => b.op('MaxPool', [x!], { kernel_shape: [2, 2], strides: [2, 2] }),
      lowerings: { maxPool: 'scatter' },
    },
    windows: {
      inputs: { x: distinctTensor([2, 2, 5, 4]) },
      build: (b, { x }) => b.op('MaxPool', [x!], { kernel_shape: [2, 2], strides: [2, 2] }),
      lowerings: { maxPool: 'windows' },
    },
    'windows, overlapping and padded': {
      inputs: { x: distinctTensor([2, 2, 6, 7]) },
      build: (b, { x }) =>
        b.op('MaxPool', [x!], { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 1, 1] }),
      lowerings: { maxPool: 'windows' },
    },
    'overlapping, padded': {
      inputs: { x: distinctTensor([1, 2, 6, 6]) },
      build: (b, { x }) =>
        b.op('MaxPool', [x!], { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] }),
    },
  },
  AveragePool: {
    plain: {
      inputs: { x: randomTensor([2, 2, 5, 4]) },
      build: (b, { x }) => b.op('AveragePool', [x!], { kernel_shape: [2, 2], strides: [2, 2] }),
    },
    'overlapping, padded': {
      inputs: { x: randomTensor([1, 2, 6, 5]) },
      build: (b, { x }) =>
        b.op('AveragePool', [x!], { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] }),
    },
  },
  BatchNormalization: {
    'with fixed statistics': {
      inputs: {
        x: randomTensor([2, 3, 4, 2]),
        scale: randomTensor([3], { seed: 2 }),
        bias: randomTensor([3], { seed: 3 }),
        mean: randomTensor([3], { seed: 4 }),
        variance: randomTensor([3], { seed: 5, positive: true, away: 0.5 }),
      },
      wrt: ['x', 'scale', 'bias'],
      build: (b, { x, scale, bias, mean, variance }) =>
        b.op('BatchNormalization', [x!, scale!, bias!, mean!, variance!], { epsilon: 1e-3 }),
    },
  },
  Resize: {
    'bilinear, larger': resized([7, 10], [2, 3]),
    'bilinear, smaller': resized([3, 2], [2, 3]),
    'along one axis': resized([9], [3]),
  },
  GlobalAveragePool: {
    any: {
      inputs: { x: randomTensor([2, 3, 4, 2]) },
      build: (b, { x }) => b.op('GlobalAveragePool', [x!]),
    },
  },
};

describe('gradient of', () => {
  for (const [op, variants] of Object.entries(cases)) {
    for (const [name, testCase] of Object.entries(variants)) {
      it(`${op} (${name})`, () => checkGradient(testCase));
    }
  }
});

it('covers every operator that has a gradient', () => {
  const differentiable = opNames.filter((op) => ops[op].gradient !== null);
  expect(Object.keys(cases).sort()).toEqual([...differentiable].sort());
});
