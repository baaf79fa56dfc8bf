/** Which images a split means for a run, with their labels of this moment. */
import type { Split } from '#shared/contract/index.ts';
import type { RunData, StoredRun } from '../store/runs.ts';
import type { Store } from '../store/store.ts';

export interface EvaluationData extends RunData {
  /** Labeled images of classes that the run does not know. */
  unknown: number;
}

/**
 * The project's split; but a run that held out a share of its training images has those as its
 * 'validation', and its 'train' is without them. If no image has a split, all are 'train', as they
 * are for training.
 */
export function evaluationData(store: Store, run: StoredRun, split: Split): EvaluationData {
  const indexOf = new Map(run.classes.map(({ id }, index) => [id, index]));
  const images: number[] = [];
  const classes: number[] = [];
  let unknown = 0;
  for (const { id, classId } of labeledImages(store, run, split)) {
    const index = indexOf.get(classId);
    if (index === undefined) {
      unknown++;
    } else {
      images.push(id);
      classes.push(index);
    }
  }
  return { images: Uint32Array.from(images), classes: Int32Array.from(classes), unknown };
}

function labeledImages(
  store: Store,
  run: StoredRun,
  split: Split,
): { id: number; classId: number }[] {
  if (run.options.validateOn.kind === 'fraction' && split !== 'test') {
    const held = new Set(store.runs.data(run.id, 'validation').images);
    return split === 'validation'
      ? store.images.labeled().filter(({ id }) => held.has(id))
      : trainingSplit(store).filter(({ id }) => !held.has(id));
  }
  return split === 'train' ? trainingSplit(store) : store.images.labeled({ split });
}

function trainingSplit(store: Store): { id: number; classId: number }[] {
  const { train, validation, test } = store.splits.summary();
  return store.images.labeled(train + validation + test > 0 ? { split: 'train' } : {});
}
