/**
 * What a filter or a class wants to see: pictures that excite it, by climbing its slope from grey
 * noise (Erhan et al. 2009). Left alone, the climb ends in a fine pattern that no picture has; against
 * that each step moves the picture a little, blurs it a little (Yosinski et al. 2015; Mordvintsev et
 * al. 2015), and pulls it towards grey.
 */
import { gradients } from '../autodiff.ts';
import type { LoadedRun } from '../checkpoint/run-folder.ts';
import { AppError } from '#shared/errors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { concrete } from '../graph/shape.ts';
import type { Graph, TensorData, Value } from '../graph/types.ts';
import { normal } from '../initializers.ts';
import { outputsOf } from '../losses.ts';
import { buildLogits } from '../programs/inference.ts';
import { Random } from '../random.ts';
import { breathe } from '../breathe.ts';
import { checkClass, classMask } from './class-score.ts';
import { floats } from '../floats.ts';
import { requireLayer } from './layers.ts';
import type { OpenedRun } from './opened-run.ts';
import { toPixels } from './planes.ts';
import type { InspectOptions, InspectTasks, Wanted } from './tasks.ts';

const SHOW_EVERY_MS = 300;
/** Standard deviation of the noise that it begins with, around grey. */
const NOISE = 0.08;
/** Size of a step, of a picture's range, in the beginning and in the end. */
const STEP = { first: 0.06, last: 0.015 };
/** How much of the way to grey each step goes back. */
const DECAY = 0.004;
/** Standard deviation of the blur in pixels, in the beginning and in the end. */
const BLUR = { first: 0.7, last: 0.35 };

/** How much an answer below the mean counts against one above, in what a filter's picture climbs. */
const BELOW = 0.1;

/**
 * x float32 [batch, C, H, W], target float32 [batch, K] → the slope along x of what each picture is to
 * be good at, and each picture's own score. For a class both are its logit.
 *
 * A filter's score is its strongest answer, before its activation. What is climbed are the squares of
 * what its answers are above their mean over the picture;
 * what is below counts a tenth and against it. The mean itself would not do: that of a first layer's
 * answers is the picture's mean times the kernel's sum, for which an even white or black is best,
 * whatever the kernel looks for.
 */
function buildClimb(
  { model, parameters }: LoadedRun,
  layerName: string | null,
  batch: number,
): Graph {
  const b = new GraphBuilder(`climb_${model.name}`);
  const { height, width, channels } = model.input;
  const x = b.input('x', 'float32', [batch, channels, height, width]);
  let maps: Value | undefined;
  const take = (name: string, linear: Value): void => {
    if (name === layerName) maps = linear;
  };
  const logits = buildLogits(b, model, x, parameters, ({ name }, out) => take(name, out), take);
  const mean = (values: Value, keepdims: 0 | 1) =>
    b.op('ReduceMean', [values, b.ints([2, 3])], { keepdims });
  const scores = maps ? b.op('ReduceMax', [maps, b.ints([2, 3])], { keepdims: 0 }) : logits;
  const climbed = maps ? mean(peaksOf(b, maps, mean(maps, 1)), 0) : logits;
  const target = b.input('target', 'float32', concrete(scores.shape));
  const aim = b.op('ReduceSum', [b.op('Mul', [climbed, target])], { keepdims: 0 });
  const [slopes] = gradients(b, aim, [x]);
  b.output('slopes', slopes!);
  const own = b.op('Mul', [scores, target]);
  b.output('scores', b.op('ReduceSum', [own, b.ints([1])], { keepdims: 0 }));
  return b.finish();
}

/** Squares of what stands out of the mean; what is below it small and negative. A single place has none. */
function peaksOf(b: GraphBuilder, answers: Value, mean: Value): Value {
  const [, , height, width] = answers.shape;
  if (height === 1 && width === 1) return answers;
  const over = b.op('Sub', [answers, mean]);
  const above = b.op('Relu', [over]);
  const below = b.op('Sub', [above, over]);
  const against = b.op('Mul', [b.op('Mul', [below, below]), b.scalar(BELOW)]);
  return b.op('Sub', [b.op('Mul', [above, above]), against]);
}

/** @throws AppError NOT_FOUND, INVALID_INPUT, CANCELLED */
export async function maximise(
  opened: OpenedRun,
  { target, steps, seed }: InspectTasks['maximise']['input'],
  { signal, onStep }: InspectOptions<'maximise'>,
): Promise<Wanted> {
  const { run } = opened;
  const { input } = run.model;
  const batch = 'layer' in target ? target.channels.length : target.classes.length;
  const layer = 'layer' in target ? target.layer : null;
  const wanted = targetRows(opened, target);
  const program = await opened.program(`climb ${layer ?? ''} ${batch}`, () =>
    buildClimb(run, layer, batch),
  );
  const size = input.channels * input.height * input.width;
  const pictures = startingAt(batch, size, seed);
  const jitter = new Random(seed, 'jitter');
  // A pixel or two for small pictures, more for large ones.
  const reach = Math.max(1, Math.round(Math.max(input.height, input.width) / 28));
  let shown = performance.now();
  for (let done = 1; ; done++) {
    const way = (done - 1) / Math.max(1, steps - 1);
    const shift = [
      jitter.below(2 * reach + 1) - reach,
      jitter.below(2 * reach + 1) - reach,
    ] as const;
    const moved = rolled(pictures, input, shift);
    const results = await program.run({
      x: {
        dtype: 'float32',
        dims: [batch, input.channels, input.height, input.width],
        data: moved,
      },
      target: wanted,
    });
    const slopes = rolled(floats(results['slopes']), input, [-shift[0], -shift[1]]);
    const step = between(STEP, way);
    for (let picture = 0; picture < batch; picture++) {
      climb(
        pictures.subarray(picture * size, (picture + 1) * size),
        slopes.subarray(picture * size, (picture + 1) * size),
        step,
      );
    }
    blur(pictures, input, between(BLUR, way));
    await breathe(signal);
    if (done < steps && performance.now() - shown < SHOW_EVERY_MS) continue;
    const news: Wanted = {
      done,
      total: steps,
      scores: [...floats(results['scores'])],
      pixels: toBytes(pictures, size, input),
    };
    if (done === steps) return news;
    onStep?.(news);
    shown = performance.now();
  }
}

/** One row a picture: what it is to be good at. */
function targetRows(
  opened: OpenedRun,
  target: InspectTasks['maximise']['input']['target'],
): TensorData {
  const { model } = opened.run;
  if ('layer' in target) {
    const { channels } = requireLayer(model, target.layer);
    const data = new Float32Array(target.channels.length * channels);
    for (const [row, channel] of target.channels.entries()) {
      if (channel >= channels) {
        throw new AppError(
          'INVALID_INPUT',
          `${target.layer} has channels 0 to ${channels - 1}, not ${channel}.`,
        );
      }
      data[row * channels + channel] = 1;
    }
    return { dtype: 'float32', dims: [target.channels.length, channels], data };
  }
  const outputs = outputsOf(model.head, model.classes);
  const data = new Float32Array(target.classes.length * outputs);
  for (const [row, index] of target.classes.entries()) {
    checkClass(model, index);
    data.set(classMask(model, index).data as Float32Array, row * outputs);
  }
  return { dtype: 'float32', dims: [target.classes.length, outputs], data };
}

function startingAt(batch: number, size: number, seed: number): Float32Array {
  const draw = normal(NOISE);
  const pictures = new Float32Array(batch * size);
  for (let picture = 0; picture < batch; picture++) {
    const random = new Random(seed, 'climb', picture);
    for (let at = 0; at < size; at++) pictures[picture * size + at] = 0.5 + draw(random);
  }
  return pictures;
}

function between({ first, last }: { first: number; last: number }, way: number): number {
  return first + (last - first) * way;
}

/** Along the slope, whose length says nothing: only its direction and relative sizes count. */
function climb(picture: Float32Array, slopes: Float32Array, step: number): void {
  const scale = Math.sqrt(slopes.reduce((sum, each) => sum + each * each, 0) / slopes.length);
  for (let at = 0; at < picture.length; at++) {
    const ahead = picture[at]! + (scale > 0 ? (step * slopes[at]!) / scale : 0);
    picture[at] = Math.min(1, Math.max(0, ahead + DECAY * (0.5 - ahead)));
  }
}

interface Size {
  height: number;
  width: number;
}

/** Moved down and to the right; what leaves comes in again on the other side. */
function rolled(
  planes: Float32Array,
  { height, width }: Size,
  [down, right]: readonly [number, number],
): Float32Array {
  const result = new Float32Array(planes.length);
  for (let start = 0; start < planes.length; start += height * width) {
    for (let row = 0; row < height; row++) {
      const target = start + ((row + down + height) % height) * width;
      for (let column = 0; column < width; column++) {
        result[target + ((column + right + width) % width)] = planes[start + row * width + column]!;
      }
    }
  }
  return result;
}

/** Gaussian, three taps along each axis, in place; the edges go on outside. */
function blur(planes: Float32Array, { height, width }: Size, deviation: number): void {
  const side = Math.exp(-1 / (2 * deviation * deviation));
  const middle = 1 / (1 + 2 * side);
  const area = height * width;
  const line = (start: number, step: number, count: number): void => {
    let before = planes[start]!;
    for (let at = 0; at < count; at++) {
      const here = planes[start + at * step]!;
      const after = planes[start + Math.min(at + 1, count - 1) * step]!;
      planes[start + at * step] = middle * (here + side * (before + after));
      before = here;
    }
  };
  for (let plane = 0; plane < planes.length; plane += area) {
    for (let row = 0; row < height; row++) line(plane + row * width, 1, width);
    for (let column = 0; column < width; column++) line(plane + column, width, height);
  }
}

function toBytes(
  pictures: Float32Array,
  size: number,
  input: Size & { channels: number },
): Uint8Array {
  const bytes = new Uint8Array(pictures.length);
  for (let start = 0; start < pictures.length; start += size) {
    bytes.set(toPixels(pictures.subarray(start, start + size), input), start);
  }
  return bytes;
}
