/** What the model under training makes of images: an answer to each, and which are alike to it. */
import type { DataLoader } from '../../data/loader.ts';
import { rowsTensor } from '../../data/row-format.ts';
import { floats, joined } from '../../floats.ts';
import { nearest, type Neighbors } from '../../nearest.ts';
import type { InferenceProgram } from '../../predictor.ts';
import { Random } from '../../random.ts';
import { alongAxes, principalAxes, type Axes, type Products } from './principal-axes.ts';

/** Images that tell in which directions features differ. */
const SAMPLE = 4096;
/** Numbers of their features together; 32 MiB. */
const SAMPLE_NUMBERS = 2 ** 23;
/** Features are compared along so many of these directions; what is left is mostly noise. */
const DIRECTIONS = 128;

type Program = Pick<InferenceProgram, 'run'>;

export interface Look {
  /** Images × classes. */
  probabilities: Float32Array;
  neighbors: Neighbors | null;
}

/**
 * @param program `buildFeatures`, compiled
 * @param products `buildProducts`, compiled
 * @param order positions in the loader's set
 * @param count neighbours of each image; none are looked for with 0
 * @throws AppError CANCELLED
 */
export async function look(
  program: Program,
  products: Products,
  images: DataLoader,
  { order, count, signal }: { order: Uint32Array; count: number; signal: AbortSignal },
): Promise<Look> {
  const see = (some: Uint32Array) => answersTo(program, images, some, signal);
  const axes = count > 0 ? await axesOf(products, see, order) : null;
  const answers: Float32Array[] = [];
  const places: Float32Array[] = [];
  for await (const { features, probabilities } of see(order)) {
    answers.push(probabilities.slice());
    if (axes) places.push(await alongAxes(products, features, axes));
  }
  const all = Math.min(count + 1, order.length);
  return {
    probabilities: joined(answers),
    neighbors: axes && (await nearest(products, joined(places), axes.count, all, signal)),
  };
}

/** From a sample of the images. */
async function axesOf(
  products: Products,
  see: (order: Uint32Array) => AsyncIterable<Answers>,
  order: Uint32Array,
): Promise<Axes> {
  const shuffled = new Random(0, 'sample').permutation(order.length);
  const some = shuffled.subarray(0, SAMPLE).map((index) => order[index]!);
  const sample: Float32Array[] = [];
  let size = 0;
  let numbers = 0;
  for await (const { features, images } of see(some)) {
    size = features.length / images;
    sample.push(features.slice());
    numbers += features.length;
    if (numbers >= SAMPLE_NUMBERS) break;
  }
  return await principalAxes(products, joined(sample), size, DIRECTIONS);
}

interface Answers {
  features: Float32Array;
  probabilities: Float32Array;
  images: number;
}

/** Batch by batch; valid until the next. */
async function* answersTo(
  program: Program,
  loader: DataLoader,
  order: Uint32Array,
  signal: AbortSignal,
): AsyncGenerator<Answers> {
  for await (const { pixels, size } of loader.batches({ epoch: 1, order })) {
    signal.throwIfAborted();
    const results = await program.run({ image: rowsTensor(loader.set, pixels) });
    yield {
      features: floats(results['features']),
      probabilities: floats(results['probabilities']),
      images: size,
    };
  }
}
