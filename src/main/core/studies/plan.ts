/** What a study takes and trains, decided from the labels of this moment. */
import type { StudyRequest } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { checkModel } from '../engine/layers/summary.ts';
import { selectData, pick } from '../runs/data.ts';
import { trainedModel } from '../runs/plan.ts';
import { count, list } from '../runs/words.ts';
import type { RunData } from '../store/runs.ts';
import type { Project } from '../projects/project.ts';
import type { Store } from '../store/store.ts';
import type { NewPart, NewStudy } from '../store/studies.ts';

/** Of the training images, held out where a project has no other images to measure on. */
const HELD_OUT = 0.2;

export interface PlannedStudy {
  study: Pick<
    NewStudy,
    'name' | 'request' | 'spec' | 'classes' | 'measuredOn' | 'labelRevision' | 'warnings'
  >;
  pool: RunData;
  /** Null for folds, which are measured on each other. */
  measured: RunData | null;
  parts: NewPart[];
}

/** @throws AppError NOT_ENOUGH_DATA, MODEL_INVALID, NOT_FOUND */
export function planStudy(project: Project, request: StudyRequest): PlannedStudy {
  const { store } = project;
  const { options } = request;
  if (options.unlabeled) {
    throw new AppError('INVALID_INPUT', 'A study learns from labeled images only.', {
      hint: 'Choose a model that does not learn from unlabeled images.',
    });
  }
  if (options.startFrom) {
    throw new AppError('INVALID_INPUT', 'The trainings of a study begin with random weights.', {
      hint: 'What the other run has learned from would be measured on.',
    });
  }
  const { spec, name } = trainedModel(store, options);
  const measuredOn = request.kind === 'folds' ? 'folds' : measuredSplit(store);
  // What is measured on must not choose epochs or stop trainings: they are not validated.
  const selection = selectData(store, {
    ...options,
    validateOn:
      measuredOn === 'folds'
        ? { kind: 'none' }
        : measuredOn === 'held-out'
          ? { kind: 'fraction', fraction: HELD_OUT }
          : { kind: 'split', split: measuredOn },
  });
  if (selection.problems.length > 0) {
    throw new AppError('NOT_ENOUGH_DATA', selection.problems.join(' '));
  }
  const { problem } = checkModel(spec, selection.classes.length, project.backbones);
  if (problem) {
    throw new AppError(
      'MODEL_INVALID',
      problem.message,
      problem.hint ? { hint: problem.hint } : {},
    );
  }
  const images = selection.train.images.length;
  const warnings: string[] = [];
  const parts =
    request.kind === 'folds'
      ? foldParts(request, selection.train, warnings)
      : curveParts(request, images, warnings);
  const names = selection.classes;
  const few = scarce(selection.train, names.length, request.kind === 'folds' ? request.folds : 2);
  if (few.length > 0) {
    const which = list(
      few.map((index) => `“${names[index]!.name}”`),
      'and',
    );
    warnings.push(`Very few images are labeled ${which}: some trainings have none of them.`);
  }
  return {
    study: {
      name,
      request,
      spec,
      classes: selection.classes,
      measuredOn,
      labelRevision: selection.labelRevision,
      warnings,
    },
    pool: selection.train,
    measured: selection.validation,
    parts,
  };
}

/** The test split if anything labeled is in it, else validation, else a held-out share. */
function measuredSplit(store: Store): 'test' | 'validation' | 'held-out' {
  const { classes } = store.splits.summary();
  const found = (['test', 'validation'] as const).find((split) =>
    classes.some((counts) => counts[split] > 0),
  );
  return found ?? 'held-out';
}

function curveParts(
  { sizes, seeds, baseline, options }: Extract<StudyRequest, { kind: 'curve' }>,
  images: number,
  warnings: string[],
): NewPart[] {
  const possible = [...new Set(sizes.map((size) => Math.min(size, images)))].sort((a, b) => a - b);
  if (sizes.some((size) => size > images)) {
    warnings.push(`There are only ${count(images, 'labeled training image')}: that is the most.`);
  }
  const parts: NewPart[] = [];
  // Seed after seed, so that the whole curve is there early and grows sure.
  for (let index = 0; index < seeds; index++) {
    const seed = options.seed + index;
    for (const size of possible) {
      parts.push({ arm: 'model', size, seed, fold: null });
      if (baseline) parts.push({ arm: 'dense', size, seed, fold: null });
    }
  }
  return parts;
}

function foldParts(
  { folds, options }: Extract<StudyRequest, { kind: 'folds' }>,
  pool: RunData,
  warnings: string[],
): NewPart[] {
  const images = pool.images.length;
  const parts = Math.min(folds, images);
  if (parts < 2) {
    throw new AppError('NOT_ENOUGH_DATA', 'Folds need at least two labeled training images.');
  }
  if (parts < folds) warnings.push(`There are only ${count(images, 'image')}: as many folds.`);
  return Array.from({ length: parts }, (_, index) => ({
    arm: 'model',
    // Nearly: groups of near-duplicates stay whole.
    size: images - Math.round(images / parts),
    seed: options.seed,
    fold: index + 1,
  }));
}

/** Classes with fewer images than there are folds (or than 2). */
function scarce({ classes }: RunData, classCount: number, fewest: number): number[] {
  const sizes = new Array<number>(classCount).fill(0);
  for (const index of classes) sizes[index]! += 1;
  return sizes.flatMap((size, index) => (size > 0 && size < fewest ? [index] : []));
}

/** The images at these positions, in their order. */
export function at(data: RunData, positions: Iterable<number>): RunData {
  const wanted = new Set(positions);
  return pick(data, (position) => wanted.has(position));
}
