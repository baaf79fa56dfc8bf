/** Which images a run learns from and is validated on, decided from the labels of this moment. */
import type { TrainOptions } from '#shared/contract/index.ts';
import type { RunClass, RunData } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import { holdOut } from './hold-out.ts';
import { count, list } from './words.ts';

export interface RunSelection {
  /** Classes that any labeled image has, in display order: the model's outputs. */
  classes: RunClass[];
  train: RunData;
  validation: RunData | null;
  /** Images to learn from without a label; empty unless asked for. */
  unlabeled: Uint32Array;
  /** `store.labels.revision()` at this moment. */
  labelRevision: number;
  warnings: string[];
  /** Why training cannot start; empty when it can. */
  problems: string[];
}

interface LabeledImage {
  id: number;
  classId: number;
}

const FEW_IMAGES = 10;

const NOTHING_UNLABELED =
  'Every image is labeled or kept to measure on, so there is nothing to learn from without a label. Import more pictures, or choose another model.';

export function selectData(
  store: Store,
  options: Pick<TrainOptions, 'trainLimit' | 'validateOn' | 'seed' | 'batch'> &
    Partial<Pick<TrainOptions, 'unlabeled'>>,
): RunSelection {
  const labelRevision = store.labels.revision();
  const classes = store.classes
    .list()
    .filter((info) => info.images > 0)
    .map(({ id, name }) => ({ id, name }));
  const indexOf = new Map(classes.map(({ id }, index) => [id, index]));
  const toData = (images: LabeledImage[]): RunData => {
    const known = images.filter((image) => indexOf.has(image.classId));
    return {
      images: Uint32Array.from(known, (image) => image.id),
      classes: Int32Array.from(known, (image) => indexOf.get(image.classId)!),
    };
  };

  const splits = splitState(store);
  const all = store.images.labeled(splits.used ? { split: 'train' } : {});
  const pool = toData(options.trainLimit === null ? all : all.slice(0, options.trainLimit));
  const parts = divide(pool, store, options, splits.used, toData);
  // What is beyond the limit counts as unlabeled too: its labels take no part.
  const unlabeled = options.unlabeled
    ? [...all.slice(pool.images.length).map(({ id }) => id), ...store.images.unlabeled()]
    : [];
  const selection = {
    classes,
    ...parts,
    unlabeled: Uint32Array.from(unlabeled),
    labelRevision,
    warnings: [],
    problems: [],
  };
  const nothingUnlabeled = options.unlabeled && unlabeled.length === 0;
  return {
    ...selection,
    warnings: warningsOf(selection, options, all.length, splits),
    problems: [
      ...problemsOf(selection, options, pool.images.length, splits),
      ...(nothingUnlabeled ? [NOTHING_UNLABELED] : []),
    ],
  };
}

interface SplitState {
  /** Whether any image has a split. If none has, all of them are for training. */
  used: boolean;
  /** Labeled images without a split. */
  unassigned: number;
}

function splitState(store: Store): SplitState {
  const summary = store.splits.summary();
  return {
    used: summary.train + summary.validation + summary.test > 0,
    unassigned: summary.classes.reduce((sum, counts) => sum + counts.none, 0),
  };
}

function divide(
  pool: RunData,
  store: Store,
  { validateOn, seed }: Pick<TrainOptions, 'validateOn' | 'seed'>,
  splitsUsed: boolean,
  toData: (images: LabeledImage[]) => RunData,
): Pick<RunSelection, 'train' | 'validation'> {
  switch (validateOn.kind) {
    case 'none':
      return { train: pool, validation: null };
    case 'split':
      return {
        train: pool,
        validation: toData(splitsUsed ? store.images.labeled({ split: validateOn.split }) : []),
      };
    case 'fraction': {
      const held = holdOut(pool.classes, validateOn.fraction, seed);
      return {
        train: pick(pool, (position) => !held.has(position)),
        validation: pick(pool, (position) => held.has(position)),
      };
    }
  }
}

/** The images at the positions for which `keep` says yes. */
export function pick(data: RunData, keep: (position: number) => boolean): RunData {
  return {
    images: data.images.filter((_, position) => keep(position)),
    classes: data.classes.filter((_, position) => keep(position)),
  };
}

type Draft = Pick<RunSelection, 'classes' | 'train' | 'validation'>;

function problemsOf(
  { classes, train, validation }: Draft,
  { validateOn }: Pick<TrainOptions, 'validateOn'>,
  poolSize: number,
  splits: SplitState,
): string[] {
  if (classes.length === 0) {
    return ['No image is labeled yet. Label images in the library first.'];
  }
  if (poolSize === 0) {
    return [
      'No labeled image is in the training split. Assign splits in the library, or label images of the training split.',
    ];
  }
  const problems: string[] = [];
  const present = new Set(train.classes);
  if (present.size === 1) {
    const only = classes[[...present][0]!]!.name;
    problems.push(
      `All ${count(train.images.length, 'training image')} are labeled “${only}”. A classifier needs images of at least two classes.`,
    );
  }
  if (validation?.images.length === 0) {
    if (validateOn.kind === 'fraction') {
      problems.push(
        `${Math.round(validateOn.fraction * 1000) / 10} % of ${count(poolSize, 'training image')} leaves nothing to validate on. Hold out more, or train without validation.`,
      );
    } else if (validateOn.kind === 'split') {
      problems.push(
        splits.used
          ? `No labeled image is in the ${validateOn.split} split. Assign splits in the library, hold out a share of the training images, or train without validation.`
          : 'No image has a split yet. Assign splits in the library, hold out a share of the training images, or train without validation.',
      );
    }
  }
  return problems;
}

function warningsOf(
  { classes, train, validation }: Draft,
  { trainLimit, validateOn, batch }: Pick<TrainOptions, 'trainLimit' | 'validateOn' | 'batch'>,
  available: number,
  splits: SplitState,
): string[] {
  const warnings: string[] = [];
  if (available > 0 && !splits.used) {
    warnings.push(
      `No image has a split, so all ${count(available, 'labeled image')} are used for training.`,
    );
  } else if (splits.unassigned > 0 && splits.used) {
    warnings.push(
      `${count(splits.unassigned, 'labeled image')} without a split ${splits.unassigned === 1 ? 'is' : 'are'} not used.`,
    );
  }
  if (trainLimit !== null && trainLimit > available) {
    warnings.push(`There are only ${count(available, 'labeled training image')}; all are used.`);
  }
  if (train.images.length > 0) {
    const perClass = new Uint32Array(classes.length);
    for (const index of train.classes) perClass[index]! += 1;
    const missing = classes.filter((_, index) => perClass[index] === 0);
    const few = classes.filter((_, index) => perClass[index]! > 0 && perClass[index]! < FEW_IMAGES);
    if (missing.length > 0) {
      warnings.push(`No training image is labeled ${names(missing)}: it cannot be learned.`);
    }
    if (few.length > 0) {
      warnings.push(`Fewer than ${FEW_IMAGES} training images are labeled ${names(few)}.`);
    }
    if (train.images.length < batch) {
      warnings.push(
        `The batch of ${batch} is larger than the ${count(train.images.length, 'training image')}: each epoch is one step.`,
      );
    }
  }
  if (validateOn.kind === 'split' && validateOn.split === 'test' && validation?.images.length) {
    warnings.push(
      'The best epoch is chosen on the test split, so accuracy on it flatters a little.',
    );
  }
  return warnings;
}

const names = (classes: RunClass[]): string =>
  list(
    classes.map(({ name }) => `“${name}”`),
    'or',
  );
