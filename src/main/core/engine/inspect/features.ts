/** What a model makes of images just before it decides: the input of its last layer with weights. */
import { inOrder, openLoader } from '../data/loader.ts';
import { checkSize } from '../data/check-size.ts';
import type { LoadedRun } from '../checkpoint/run-folder.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { concrete, elements } from '../graph/shape.ts';
import type { Graph, Value } from '../graph/types.ts';
import { pixelsToUnit } from '../layers/forward.ts';
import { buildProbabilities } from '../losses.ts';
import { buildLogits } from '../programs/inference.ts';
import type { CallOptions, TensorSet } from '../protocol.ts';
import { imageTensor } from './answer.ts';
import { breathe } from '../breathe.ts';
import { floats } from '../floats.ts';
import type { OpenedRun } from './opened-run.ts';

/** image → features [batch, …] flat, maps by their means; and probabilities. */
function buildFeatures({ model, parameters }: LoadedRun): Graph {
  const b = new GraphBuilder(`features_${model.name}`);
  const { height, width, channels } = model.input;
  const x = pixelsToUnit(b, b.input('image', 'uint8', ['batch', height, width, channels]));
  const head = model.layers.findLastIndex((layer) => layer.parameters.length > 0);
  const before = model.layers[head - 1]?.name;
  let features: Value = x;
  const logits = buildLogits(b, model, x, parameters, (layer, _, output) => {
    if (layer.name === before) features = output;
  });
  const spatial = features.shape.length === 4 && before !== undefined;
  const pooled = spatial ? b.op('GlobalAveragePool', [features]) : features;
  b.output('features', b.reshape(pooled, [0, elements(concrete(pooled.shape.slice(1)))]));
  b.output('probabilities', buildProbabilities(b, model.head, logits));
  return b.finish();
}

const TOGETHER = 32;

export interface Features {
  /** Images × size. */
  values: Float32Array;
  size: number;
  /** Images × classes. */
  probabilities: Float32Array;
}

/** @throws AppError SOURCE_UNREADABLE, INVALID_INPUT, CANCELLED */
export async function readFeatures(
  opened: OpenedRun,
  set: TensorSet,
  { signal, onProgress }: CallOptions,
): Promise<Features> {
  const { run } = opened;
  checkSize(set, run.model.input);
  const program = await opened.program('features', () => buildFeatures(run));
  const total = set.slots.length;
  const loader = await openLoader(set, { batch: TOGETHER, memoryBudget: 0, threads: 0 });
  const parts: Float32Array[] = [];
  const answers: Float32Array[] = [];
  let done = 0;
  try {
    for await (const part of loader.batches({ epoch: 1, order: inOrder(total) })) {
      const results = await program.run({ image: imageTensor(run.model, part.pixels) });
      parts.push(floats(results['features']));
      answers.push(floats(results['probabilities']));
      done += part.size;
      onProgress?.({ done, total });
      await breathe(signal);
    }
  } finally {
    await loader.close();
  }
  const values = joined(parts);
  return { values, size: values.length / total, probabilities: joined(answers) };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}
