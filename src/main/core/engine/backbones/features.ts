/** What the first layers of a model make of images, computed once, batch by batch. */
import type { Backend } from '../backends/index.ts';
import { openLoader } from '../data/loader.ts';
import { checkSize } from '../data/check-size.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { concrete, elements } from '../graph/shape.ts';
import type { Graph } from '../graph/types.ts';
import { addInput } from '../layers/forward.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import { predictSet } from '../predictor.ts';
import { buildLogits } from '../programs/inference.ts';
import { allEntries, layoutParameters, type ParameterValues } from '../programs/parameters.ts';
import type { CallOptions, FeatureJob, FeatureRows, FeatureShape } from '../protocol.ts';
import { openBackbones } from './open.ts';
import { firstLayers } from './prefix.ts';

/** Few enough that a cancelled call ends soon and memory stays small. */
const TOGETHER = 16;

export interface FeatureOptions extends CallOptions {
  onEvent(rows: FeatureRows): void;
}

/**
 * Hands on the features of each image of the set, in its order.
 * @throws AppError MODEL_INVALID, SOURCE_UNREADABLE, INVALID_INPUT, CANCELLED
 */
export async function computeFeatures(
  job: FeatureJob,
  backend: Backend,
  { onEvent, ...options }: FeatureOptions,
): Promise<FeatureShape> {
  const backbones = await openBackbones(job.backbones);
  const model = firstLayers(job.spec, job.layers, backbones);
  checkSize(job.set, model.input);
  const { graph, shape } = buildFeatures(model);
  const program = await backend.compile(graph);
  const { augment } = job;
  const loader = await openLoader(job.set, {
    batch: TOGETHER,
    memoryBudget: 0,
    augment: augment && { spec: augment.spec, seed: augment.seed, classes: 0 },
  });
  try {
    const take = (values: Float32Array, from: number) => onEvent({ from, values: values.slice() });
    const epoch = augment?.epoch ?? 1;
    await predictSet(program, 'features', loader, take, { ...options, epoch });
  } finally {
    await loader.close();
    await program.dispose();
  }
  return { shape };
}

/** image → features [batch, numbers]; maps channel by channel. */
export function buildFeatures(model: ResolvedModel): { graph: Graph; shape: number[] } {
  const b = new GraphBuilder(`features_${model.name}`);
  const features = buildLogits(b, model, addInput(b, model, 'batch'), givenValues(model));
  const shape = concrete(features.shape.slice(1));
  b.output('features', b.reshape(features, [0, elements(shape)]));
  return { graph: b.finish(), shape };
}

/** The weights of pretrained layers, as their files have them. */
function givenValues(model: ResolvedModel): ParameterValues {
  return new Map(
    allEntries(layoutParameters(model)).map(({ fullName, shape, initializer }) => {
      if (initializer.type !== 'given') throw new RangeError(`${fullName} is not pretrained`);
      return [fullName, { shape, data: initializer.values() }];
    }),
  );
}
