/** The second part of a training on a pretrained network: more of it learns, slowly. */
import * as z from 'zod';
import { rateSpan } from './layer-spec.ts';
import { optimizerSpec, type ModelSpec } from './model-spec.ts';
import { scheduleSpec } from './schedule.ts';

export const fineTuningSpec = z.object({
  /** Epochs before it, in which what is behind the network learns by itself. */
  after: z.number().int().min(1).max(100_000),
  /** What learns then, as in a backbone layer: a node and all that it feeds, or 'all'. */
  trainableFrom: z.string().min(1).max(500),
  learningRate: z.number().positive().max(100).default(1e-4),
  optimizer: optimizerSpec.default({ type: 'sgd', momentum: 0.9 }),
  schedule: scheduleSpec.default({ type: 'constant' }),
  /** As in a backbone layer. */
  rates: rateSpan.optional(),
});
export type FineTuningSpec = z.infer<typeof fineTuningSpec>;

/** The model as it learns then. Blocks hold no pretrained networks. */
export function fineTuned(
  spec: ModelSpec,
  {
    trainableFrom,
    optimizer,
    rates,
  }: Pick<FineTuningSpec, 'trainableFrom' | 'optimizer' | 'rates'>,
): ModelSpec {
  const layers = spec.layers.map((layer) =>
    layer.type === 'backbone'
      ? { ...layer, trainableFrom, ...(rates === undefined ? {} : { rates }) }
      : layer,
  );
  return { ...spec, layers, optimizer };
}
