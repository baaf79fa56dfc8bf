/** Runs and epochs as they are stored, and as the rest of the core sees them. */
import type { EpochMetrics, RunEnding, RunStatus, TrainOptions } from '#shared/contract/index.ts';
import { runEnding, trainOptions } from '#shared/contract/runs.ts';
import type { ErrorInfo } from '#shared/errors.ts';
import type { ModelSpec } from '#shared/model-spec.ts';

export interface RunClass {
  id: number;
  name: string;
}

/** Images and their class indices (into the run's classes), in the same order. */
export interface RunData {
  images: Uint32Array;
  classes: Int32Array;
}

/** The process that trains a run; `mark` tells it from a later process with the same number. */
export interface RunOwner {
  pid: number;
  mark: string | null;
}

export interface StoredRun {
  id: string;
  name: string;
  notes: string;
  status: RunStatus;
  createdAt: number;
  finishedAt: number | null;
  options: TrainOptions;
  spec: ModelSpec;
  classes: RunClass[];
  parameters: number;
  engine: string | null;
  /** Program → version, of everything that shaped the result. */
  versions: Record<string, string>;
  trainImages: number;
  validationImages: number;
  /** Images without a label that it learns from. */
  unlabeledImages: number;
  /** `labels.revision()` when the data was taken. */
  labelRevision: number;
  seconds: number;
  error: ErrorInfo | null;
  ending: RunEnding | null;
  warnings: string[];
  job: string | null;
  owner: RunOwner;
  /** The study that it is part of. */
  study: string | null;
}

export type NewRun = Omit<
  StoredRun,
  | 'id'
  | 'notes'
  | 'finishedAt'
  | 'engine'
  | 'seconds'
  | 'error'
  | 'ending'
  | 'trainImages'
  | 'validationImages'
  | 'unlabeledImages'
>;

export type RunChanges = Partial<
  Pick<
    StoredRun,
    | 'name'
    | 'notes'
    | 'status'
    | 'finishedAt'
    | 'parameters'
    | 'engine'
    | 'seconds'
    | 'error'
    | 'ending'
    | 'warnings'
    | 'job'
    | 'options'
    | 'owner'
  >
>;

export interface StoredEpoch {
  metrics: EpochMetrics;
  best: boolean;
}

export interface RunRow {
  number: number;
  name: string;
  notes: string;
  status: RunStatus;
  created_at: number;
  finished_at: number | null;
  options: string;
  spec: string;
  classes: string;
  parameters: number;
  engine: string | null;
  versions: string;
  train_images: number;
  validation_images: number;
  unlabeled_images: number;
  label_revision: number;
  seconds: number;
  error: string | null;
  ending: string | null;
  warnings: string;
  job: string | null;
  owner_pid: number;
  owner_mark: string | null;
  study: number | null;
}

export interface EpochRow {
  epoch: number;
  loss: number;
  accuracy: number;
  val_loss: number | null;
  val_accuracy: number | null;
  learning_rate: number;
  images_per_second: number;
  data_wait: number | null;
  sure: number | null;
  seconds: number;
  best: number;
}

/** 'r12' → 12; what is no run id becomes a number that no run has. */
export const runNumber = (id: string): number =>
  /^r\d{1,15}$/.test(id) ? Number(id.slice(1)) : -1;

/** 's12' → 12; what is no study id becomes a number that no study has. */
export const studyNumber = (id: string): number =>
  /^s\d{1,15}$/.test(id) ? Number(id.slice(1)) : -1;

/** In the table, a paused run is a stopped one with its ending. */
export const statusColumn = (status: RunStatus): RunStatus =>
  status === 'paused' ? 'stopped' : status;

export function toRun(row: RunRow): StoredRun {
  const ending = row.ending === null ? null : runEnding.parse(JSON.parse(row.ending));
  return {
    id: `r${row.number}`,
    name: row.name,
    notes: row.notes,
    status: ending?.type === 'paused' && row.status === 'stopped' ? 'paused' : row.status,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    // Settings that came later have their defaults in older rows.
    options: trainOptions.parse(JSON.parse(row.options)),
    spec: JSON.parse(row.spec) as ModelSpec,
    classes: JSON.parse(row.classes) as RunClass[],
    parameters: row.parameters,
    engine: row.engine,
    versions: JSON.parse(row.versions) as Record<string, string>,
    trainImages: row.train_images,
    validationImages: row.validation_images,
    unlabeledImages: row.unlabeled_images,
    labelRevision: row.label_revision,
    seconds: row.seconds,
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorInfo),
    ending,
    warnings: JSON.parse(row.warnings) as string[],
    job: row.job,
    owner: { pid: row.owner_pid, mark: row.owner_mark },
    study: row.study === null ? null : `s${row.study}`,
  };
}

export function toEpoch(row: EpochRow): StoredEpoch {
  return {
    metrics: {
      epoch: row.epoch,
      loss: row.loss,
      accuracy: row.accuracy,
      valLoss: row.val_loss,
      valAccuracy: row.val_accuracy,
      learningRate: row.learning_rate,
      imagesPerSecond: row.images_per_second,
      ...(row.data_wait === null ? {} : { dataWait: row.data_wait }),
      ...(row.sure === null ? {} : { sure: row.sure }),
      seconds: row.seconds,
    },
    best: row.best === 1,
  };
}
