/** Adds a pretrained network to a graph: its preprocessing, its channels, its nodes up to the cut. */
import type { BackboneSpec } from '#shared/layer-spec.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { sizeAt } from '../graph/shape.ts';
import type { Value } from '../graph/types.ts';
import { replay } from '../import/replay.ts';
import type { ImportedGraph, ReplayOptions } from '../import/types.ts';
import { adaptableKernel } from './channels.ts';

/**
 * @param x float32 [N, channels, height, width], pixels in 0…1, grey or RGB
 * @returns [N, units], or NCHW maps; a sequence of tokens is a map one number wide
 */
export function addBackbone(
  b: GraphBuilder,
  graph: ImportedGraph,
  spec: BackboneSpec,
  x: Value,
  options: Omit<ReplayOptions, 'cut'>,
): Value {
  const output = replay(b, graph, prepared(b, graph, spec, x), { ...options, cut: spec.cut });
  if (output.shape.length !== 3) return output;
  const tokens = b.transpose(output, [0, 2, 1]);
  return b.reshape(tokens, [0, sizeAt(tokens.shape, 1), sizeAt(tokens.shape, 2), 1]);
}

/** As the network's first convolution wants them. */
function prepared(
  b: GraphBuilder,
  graph: ImportedGraph,
  { preprocessing: { mean, std, channels: order } }: BackboneSpec,
  x: Value,
): Value {
  const given = sizeAt(x.shape, 1);
  const wanted = graph.input.channels;
  // Its kernels are adapted where they can be; else the picture is, before all that depends on channels.
  const fitted = given === wanted || adaptableKernel(graph) !== null ? x : spread(b, x, wanted);
  const channels = sizeAt(fitted.shape, 1);
  const ordered = order === 'bgr' && channels === 3 ? reversed(b, fitted) : fitted;
  const perChannel = (numbers: readonly number[]) => channelNumbers(b, numbers, channels);
  return b.op('Div', [b.op('Sub', [ordered, perChannel(mean)]), perChannel(std)]);
}

/** One number a channel as [1, channels, 1, 1]; where there are more or fewer, their mean for all. */
function channelNumbers(b: GraphBuilder, numbers: readonly number[], channels: number): Value {
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const each = numbers.length === channels ? numbers : new Array<number>(channels).fill(mean);
  return b.tensor({
    dtype: 'float32',
    dims: [1, channels, 1, 1],
    data: Float32Array.from(each),
  });
}

function reversed(b: GraphBuilder, x: Value): Value {
  return b.op('Slice', [x, b.ints([-1]), b.ints([-4]), b.ints([1]), b.ints([-1])]);
}

/** Grey as each of several channels, or the mean of the channels as the only one. */
function spread(b: GraphBuilder, x: Value, channels: number): Value {
  const grey = b.op('ReduceMean', [x, b.ints([1])], { keepdims: 1 });
  return channels === 1 ? grey : b.op('Concat', new Array<Value>(channels).fill(grey), { axis: 1 });
}
