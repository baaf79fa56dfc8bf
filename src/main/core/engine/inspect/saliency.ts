/** How fast a class's score changes with each pixel (Simonyan et al. 2014), and SmoothGrad (2017). */
import { gradients } from '../autodiff.ts';
import type { LoadedRun } from '../checkpoint/run-folder.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph } from '../graph/types.ts';
import { normal } from '../initializers.ts';
import { buildLogits } from '../programs/inference.ts';
import { Random } from '../random.ts';
import { addClassScore, classMask } from './class-score.ts';
import { floats } from '../floats.ts';
import type { OpenedRun } from './opened-run.ts';
import { toPlanes } from './planes.ts';

/** x float32 [batch, C, H, W] in 0…1, class_mask → the slope of the score along each number of x. */
function buildSlopes({ model, parameters }: LoadedRun, batch: number): Graph {
  const b = new GraphBuilder(`saliency_${model.name}`);
  const { height, width, channels } = model.input;
  const x = b.input('x', 'float32', [batch, channels, height, width]);
  const [slopes] = gradients(b, addClassScore(b, model, buildLogits(b, model, x, parameters)), [x]);
  b.output('slopes', slopes!);
  return b.finish();
}

async function slopesOf(
  opened: OpenedRun,
  x: Float32Array,
  batch: number,
  index: number,
): Promise<Float32Array> {
  const { run } = opened;
  const { height, width, channels } = run.model.input;
  const program = await opened.program(`slopes ${batch}`, () => buildSlopes(run, batch));
  const results = await program.run({
    x: { dtype: 'float32', dims: [batch, channels, height, width], data: x },
    class_mask: classMask(run.model, index),
  });
  return floats(results['slopes']);
}

/** The largest slope of each pixel's channels, by size: height × width. */
export async function saliency(
  opened: OpenedRun,
  pixels: Uint8Array,
  index: number,
): Promise<Float32Array> {
  const { input } = opened.run.model;
  const slopes = await slopesOf(opened, toPlanes(pixels, input), 1, index);
  return largest(slopes, input.height * input.width);
}

export interface SmoothOptions {
  samples: number;
  /** Standard deviation of the noise, as a share of the picture's range. */
  noise: number;
  seed: number;
}

const draw = normal(1);

/** Noisy copies that are looked at together. */
const TOGETHER = 4;

/** The same of the mean over noisy copies of the picture; after each few of them, the mean so far. */
export async function* smoothGrad(
  opened: OpenedRun,
  pixels: Uint8Array,
  index: number,
  { samples, noise, seed }: SmoothOptions,
): AsyncGenerator<{ done: number; values: Float32Array }, void> {
  const { input } = opened.run.model;
  const picture = toPlanes(pixels, input);
  const range =
    picture.reduce((most, each) => Math.max(most, each), 0) -
    picture.reduce((least, each) => Math.min(least, each), 1);
  const sums = new Float64Array(picture.length);
  for (let done = 0; done < samples;) {
    const count = Math.min(TOGETHER, samples - done);
    const noisy = new Float32Array(count * picture.length);
    for (let copy = 0; copy < count; copy++) {
      const random = new Random(seed, 'smoothgrad', done + copy);
      for (const [at, value] of picture.entries()) {
        noisy[copy * picture.length + at] = value + noise * range * draw(random);
      }
    }
    const slopes = await slopesOf(opened, noisy, count, index);
    for (const [at, slope] of slopes.entries()) sums[at % picture.length]! += slope;
    done += count;
    const mean = Float32Array.from(sums, (sum) => sum / done);
    yield { done, values: largest(mean, input.height * input.width) };
  }
}

function largest(slopes: Float32Array, size: number): Float32Array {
  const result = new Float32Array(size);
  for (const [at, slope] of slopes.entries()) {
    result[at % size] = Math.max(result[at % size]!, Math.abs(slope));
  }
  return result;
}
