/** How many images the epochs of a run visit. */
import { imagesInEpochs } from '#shared/unlabeled.ts';
import type { StoredRun } from '../store/runs.ts';

type Counted = {
  options: Pick<StoredRun['options'], 'unlabeled' | 'epochs'>;
} & Pick<StoredRun, 'trainImages' | 'unlabeledImages'>;

/** In its first `epochs` epochs. */
export function imagesUpTo(run: Counted, epochs: number): number {
  const counts = { labeled: run.trainImages, unlabeled: run.unlabeledImages };
  return imagesInEpochs(run.options.unlabeled, counts, epochs);
}

/** On average over all its epochs. */
export function imagesAnEpoch(run: Counted): number {
  return imagesUpTo(run, run.options.epochs) / run.options.epochs;
}
