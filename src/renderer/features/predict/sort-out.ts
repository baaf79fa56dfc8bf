/** The parts of a long list of predictions that one looks for. */
import type { PredictItem } from '../../state/predict.svelte.ts';

export type Show = 'all' | 'wrong' | 'unsure' | 'failed';

/** Below this probability of its best class, an answer is a guess. */
export const sureFrom = 0.6;

export function sortOut(items: readonly PredictItem[]): Record<Show, readonly PredictItem[]> {
  return {
    all: items,
    wrong: items.filter(({ prediction }) => {
      const truth = prediction?.truth ?? null;
      return truth !== null && truth !== prediction?.top;
    }),
    unsure: items.filter(
      ({ prediction }) => prediction !== null && Math.max(...prediction.probabilities) < sureFrom,
    ),
    failed: items.filter((item) => item.state === 'failed'),
  };
}
