/** Runs as the contract shows them. */
import type { Run } from '#shared/contract/index.ts';
import type { Project } from '../projects/project.ts';
import type { RunData, StoredRun } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { canResumeFrom, existingCheckpoints } from './folder.ts';

/** @param revision `store.labels.revision()`, for who shows many runs at once */
export function viewRun(
  project: Project,
  run: StoredRun,
  revision = project.store.labels.revision(),
): Run {
  const epochs = project.store.runs.epochs(run.id);
  return {
    id: run.id,
    name: run.name,
    notes: run.notes,
    status: run.status,
    createdAt: run.createdAt,
    finishedAt: run.finishedAt,
    options: run.options,
    spec: run.spec,
    parameters: run.parameters,
    engine: run.engine,
    classes: run.classes.map(({ name }) => name),
    trainImages: run.trainImages,
    validationImages: run.validationImages,
    unlabeledImages: run.unlabeledImages,
    epochs: epochs.map(({ metrics }) => metrics),
    bestEpoch: epochs.findLast(({ best }) => best)?.metrics.epoch ?? null,
    checkpoints: existingCheckpoints(project.paths.run(run.id)),
    resumable: canResumeFrom(project.paths.run(run.id)),
    ending: run.ending,
    seconds: run.seconds,
    error: run.error,
    warnings: run.warnings,
    staleLabels:
      revision === run.labelRevision
        ? 0
        : staleLabels(project.store, run, () => project.store.runs.data(run.id, 'train')),
    job: run.job,
  };
}

/** Images whose label is another one now; images in the bin are not counted. */
export function staleLabels(
  store: Store,
  of: Pick<StoredRun, 'labelRevision' | 'classes'>,
  data: () => RunData,
): number {
  if (store.labels.revision() === of.labelRevision) return 0;
  const changed = store.runs.labelsChangedSince(of.labelRevision);
  if (changed.size === 0) return 0;
  const { images, classes } = data();
  let stale = 0;
  images.forEach((image, position) => {
    const now = changed.get(image);
    if (now !== undefined && now !== of.classes[classes[position]!]?.id) stale++;
  });
  return stale;
}
