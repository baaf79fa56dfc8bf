/** Which images a run can be evaluated on, as the core sees them, and which it should be. */
import type { Run, Split, SplitSummary } from '#shared/contract/index.ts';

/**
 * How many images `split` has for a run; undefined where only the core knows. A run that held out a
 * share of its training images has those as its validation set; without any split, all are training.
 */
export function imagesFor(run: Run, splits: SplitSummary | null, split: Split): number | undefined {
  const held = run.options.validateOn.kind === 'fraction';
  if (held && split === 'validation') return run.validationImages;
  if (!splits) return undefined;
  if (split !== 'train') return splits[split];
  if (held) return undefined;
  return splits.train + splits.validation + splits.test > 0 ? splits.train : splits.total;
}

/** The images that a judgement wants: test, else validation, else whatever there is. */
export function bestSplit(run: Run, splits: SplitSummary | null): Split {
  const wanted = (['test', 'validation'] as const).find(
    (split) => imagesFor(run, splits, split) !== 0,
  );
  return wanted ?? 'train';
}
