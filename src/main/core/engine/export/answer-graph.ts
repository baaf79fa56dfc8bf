import { buildInference } from '../programs/inference.ts';
import type { Graph } from '../graph/types.ts';
import type { ModelSource } from './converter.ts';
import { foldBatchNormalization } from './fold-batch-normalization.ts';

/**
 * For formats that scale no pictures: image uint8 [batch, height, width, channels] of the model's own
 * size → probabilities float32 [batch, classes], batch normalisation folded.
 */
export function answerGraph({ model, parameters, views }: ModelSource): Graph {
  const graph = buildInference(model, parameters, views);
  const probabilities = graph.outputs.get('probabilities')!;
  return foldBatchNormalization({ ...graph, outputs: new Map([['probabilities', probabilities]]) });
}
