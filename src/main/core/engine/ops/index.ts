/** The total table: an operator without an entry does not compile. */
import type { OpName } from '../graph/op-names.ts';
import { clip, elu, erf, leakyRelu, softplus } from './activations.ts';
import { add, div, max, mul, pow, sub } from './arithmetic.ts';
import { batchNormalization } from './batch-normalization.ts';
import {
  maxPoolGradient,
  nchwcConv,
  nchwcGlobalAveragePool,
  nchwcMaxPool,
  reorderInput,
  reorderOutput,
  strips,
} from './blocked.ts';
import { col2Im } from './conv/col2im.ts';
import { conv } from './conv/conv.ts';
import { convTranspose } from './conv/conv-transpose.ts';
import { expand, reshape, transpose } from './layout.ts';
import { and, cast, equal, greater, not, or, where } from './logic.ts';
import { gemm, matMul } from './matmul.ts';
import { concat, gather, pad, slice, split } from './pieces.ts';
import { averagePool, globalAveragePool, maxPool, maxUnpool } from './pool.ts';
import { dequantizeLinear, quantizeLinear } from './quantize.ts';
import { argMax, reduceMax, reduceMean, reduceSum } from './reduce.ts';
import { resize } from './resize.ts';
import { scatterElements } from './scatter.ts';
import { logSoftmax, softmax } from './softmax.ts';
import type { OpDef } from './types.ts';
import {
  exp,
  identity,
  log,
  neg,
  reciprocal,
  relu,
  round,
  sigmoid,
  sign,
  sqrt,
  tanh,
} from './unary.ts';

export const ops: Record<OpName, OpDef> = {
  Add: add,
  And: and,
  ArgMax: argMax,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  Col2Im: col2Im,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  DequantizeLinear: dequantizeLinear,
  Div: div,
  Elu: elu,
  Equal: equal,
  Erf: erf,
  Exp: exp,
  Expand: expand,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Greater: greater,
  Identity: identity,
  LeakyRelu: leakyRelu,
  Log: log,
  LogSoftmax: logSoftmax,
  MatMul: matMul,
  Max: max,
  MaxPool: maxPool,
  MaxPoolGradient: maxPoolGradient,
  MaxUnpool: maxUnpool,
  Mul: mul,
  NchwcConv: nchwcConv,
  NchwcGlobalAveragePool: nchwcGlobalAveragePool,
  NchwcMaxPool: nchwcMaxPool,
  Neg: neg,
  Not: not,
  Or: or,
  Pad: pad,
  Pow: pow,
  QuantizeLinear: quantizeLinear,
  Reciprocal: reciprocal,
  ReduceMax: reduceMax,
  ReduceMean: reduceMean,
  ReduceSum: reduceSum,
  Relu: relu,
  ReorderInput: reorderInput,
  ReorderOutput: reorderOutput,
  Reshape: reshape,
  Resize: resize,
  Round: round,
  ScatterElements: scatterElements,
  Sigmoid: sigmoid,
  Sign: sign,
  Slice: slice,
  Softmax: softmax,
  Softplus: softplus,
  Split: split,
  Sqrt: sqrt,
  Strips: strips,
  Sub: sub,
  Tanh: tanh,
  Transpose: transpose,
  Where: where,
};
