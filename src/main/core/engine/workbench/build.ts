/** The graph behind the convolution workbench: the operators that models are made of, by themselves. */
import type { GreyScale } from '#shared/contract/index.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { dataTypes } from '../graph/onnx-proto.ts';
import { concrete, elements } from '../graph/shape.ts';
import type { Graph, Value } from '../graph/types.ts';
import type { Sliding } from './geometry.ts';
import type { Numbers, SlideJob } from './job.ts';

/**
 * x float32 [1, 1, …] → `output`, and as asked: `windows` and `products` [window, positions],
 * `movedInput` and `movedOutput`, `picture` uint8 with its `range`.
 */
export function buildSlide(job: SlideJob, sliding: Sliding, kernel: Numbers | null): Graph {
  const b = new GraphBuilder('workbench');
  const x = b.input('x', 'float32', [1, 1, ...job.input.shape]);
  const output = slide(b, job, sliding, kernel, x);
  b.output('output', output);
  if (job.steps) addSteps(b, sliding, kernel, x);
  if (job.move) {
    const moved = move(b, x, job.move);
    b.output('movedInput', moved);
    b.output('movedOutput', slide(b, job, sliding, kernel, moved));
  }
  if (job.show) addPicture(b, output, job.show);
  return b.finish();
}

function attributesOf({ window, strides, before, after }: Sliding) {
  return { kernel_shape: window, strides, pads: [...before, ...after] };
}

function slide(
  b: GraphBuilder,
  { operation }: SlideJob,
  sliding: Sliding,
  kernel: Numbers | null,
  x: Value,
): Value {
  const attributes = attributesOf(sliding);
  if (operation.type === 'pool') {
    return b.op(operation.kind === 'max' ? 'MaxPool' : 'AveragePool', [x], attributes);
  }
  const weight = b.tensor({
    dtype: 'float32',
    dims: [1, 1, ...sliding.window],
    data: kernel!.data,
  });
  return b.op('Conv', [x, weight], attributes);
}

/** Each place of the window is a channel of its own: a convolution with one 1 in each kernel. */
function addSteps(b: GraphBuilder, sliding: Sliding, kernel: Numbers | null, x: Value): void {
  const size = elements(sliding.window);
  const places = new Float32Array(size * size);
  for (let place = 0; place < size; place++) places[place * size + place] = 1;
  const picks = b.tensor({ dtype: 'float32', dims: [size, 1, ...sliding.window], data: places });
  const spread = b.op('Conv', [x, picks], attributesOf(sliding));
  const positions = elements(concrete(spread.shape).slice(2));
  const windows = b.reshape(spread, [size, positions]);
  b.output('windows', windows);
  if (!kernel) return;
  const weights = b.tensor({ dtype: 'float32', dims: [size, 1], data: kernel.data });
  b.output('products', b.op('Mul', [windows, weights]));
}

function move(b: GraphBuilder, x: Value, by: readonly number[]): Value {
  const sizes = concrete(x.shape).slice(2);
  const starts = by.map((step) => Math.max(0, -step));
  const ends = by.map((step, axis) => sizes[axis]! - Math.max(0, step));
  const axes = by.map((_, axis) => axis + 2);
  const kept = b.op('Slice', [x, b.ints(starts), b.ints(ends), b.ints(axes)]);
  const before = by.map((step) => Math.max(0, step));
  return b.op('Pad', [kept, b.ints([0, 0, ...before, 0, 0, ...starts])]);
}

function addPicture(b: GraphBuilder, output: Value, show: GreyScale): void {
  const most = b.op('ReduceMax', [output], { keepdims: 0 });
  const least = b.op('Neg', [b.op('ReduceMax', [b.op('Neg', [output])], { keepdims: 0 })]);
  b.output('most', most);
  b.output('least', least);
  const levels = b.op('Clip', [
    greyLevels(b, output, show, least, most),
    b.scalar(0),
    b.scalar(255),
  ]);
  b.output('picture', b.op('Cast', [b.op('Round', [levels])], { to: dataTypes.uint8 }));
}

function greyLevels(
  b: GraphBuilder,
  output: Value,
  show: GreyScale,
  least: Value,
  most: Value,
): Value {
  switch (show) {
    case 'clip':
      return output;
    case 'absolute':
      return b.op('Max', [output, b.op('Neg', [output])]);
    case 'centre':
      return b.op('Add', [output, b.scalar(128)]);
    case 'stretch': {
      // An even picture has no range: it becomes black, not a division by zero.
      const range = b.op('Max', [b.op('Sub', [most, least]), b.scalar(1e-6)]);
      return b.op('Mul', [b.op('Div', [b.op('Sub', [output, least]), range]), b.scalar(255)]);
    }
  }
}
