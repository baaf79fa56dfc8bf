import type { Split, SplitSummary } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Project } from '../projects/project.ts';
import { randomSplit, type SplitShares } from './random-split.ts';

export interface AssignSplits extends SplitShares {
  seed: number;
  stratified: boolean;
  scope: 'unassigned' | 'all';
}

/** @throws AppError INVALID_INPUT when the shares sum to more than 1 */
export function assignSplits(project: Project, request: AssignSplits): SplitSummary {
  const { store } = project;
  const sum = request.train + request.validation + request.test;
  if (sum > 1 + 1e-6) {
    throw new AppError('INVALID_INPUT', `The shares sum to ${Math.round(sum * 100)} %.`, {
      hint: 'Make them sum to 100 % or less.',
    });
  }
  const summary = store.transaction(() => {
    const dealt = randomSplit(store.splits.candidates(request.scope), request, request);
    for (const split of ['train', 'validation', 'test'] as const)
      store.splits.set(dealt[split], split);
    store.splits.set(dealt.none, null);
    return store.splits.summary();
  });
  return changed(project, summary);
}

/** Back to the split that each image's source gave it. */
export function useImportedSplits(project: Project): SplitSummary {
  const { store } = project;
  return changed(
    project,
    store.transaction(() => {
      store.splits.useImported();
      return store.splits.summary();
    }),
  );
}

export function setSplit(
  project: Project,
  images: readonly number[],
  split: Split | null,
): SplitSummary {
  const { store } = project;
  const summary = store.transaction(() => {
    store.splits.set(images, split);
    return store.splits.summary();
  });
  project.changes.publish(['splits', 'images'], images);
  return summary;
}

function changed(project: Project, summary: SplitSummary): SplitSummary {
  project.changes.publish(['splits', 'images']);
  return summary;
}
