import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call, imageId, inProject, jobId, runId, split, studyId, timestamp } from './base.ts';

export const checkpoint = z.enum(['best', 'last']);
export type Checkpoint = z.infer<typeof checkpoint>;

export const classMetrics = z.object({
  name: z.string(),
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
  support: z.number().int(),
});
export type ClassMetrics = z.infer<typeof classMetrics>;

/** The figures of a model's answers on labeled images. */
export const measured = z.object({
  images: z.number().int(),
  loss: z.number(),
  accuracy: z.number(),
  /** 95 % Wilson interval of the accuracy. */
  accuracyInterval: z.tuple([z.number(), z.number()]),
  balancedAccuracy: z.number(),
  balancedErrorRate: z.number(),
  classes: z.array(classMetrics),
  /** Rows: true class; columns: predicted class; counts. */
  confusion: z.array(z.array(z.number().int())),
  /** Unordered class pairs confused most, counting both directions. */
  confusedPairs: z.array(
    z.object({
      a: z.string(),
      b: z.string(),
      count: z.number().int(),
      ab: z.number().int(),
      ba: z.number().int(),
    }),
  ),
});
export type Measured = z.infer<typeof measured>;

export const evaluationReport = measured.extend({
  run: runId,
  split,
  checkpoint,
  at: timestamp,
  /** Labeled images left out: of a class that the run does not know, or with an unreadable file. */
  excluded: z.number().int(),
  /** How many of the images the run was trained on: their answers flatter. */
  trainedOn: z.number().int(),
  /** Labels in this split that changed since the report was made; re-evaluate to include them. */
  staleLabels: z.number().int(),
});
export type EvaluationReport = z.infer<typeof evaluationReport>;

/** What a model says of one picture. */
export const prediction = z.object({
  image: imageId.nullable(),
  file: z.string(),
  /** Name of the true class, if the image is labeled. */
  truth: z.string().nullable(),
  top: z.string(),
  /** In the order of the run's classes, or the network's; sums to 1. */
  probabilities: z.array(z.number()),
});
export type Prediction = z.infer<typeof prediction>;

/** One line of the prediction of many files. */
export const filePrediction = z.union([
  z.object({ index: z.number().int(), prediction, thumbnail: z.string().nullable() }),
  z.object({ index: z.number().int(), file: z.string(), error: z.string() }),
]);
export type FilePrediction = z.infer<typeof filePrediction>;

/** An image whose label the model doubts. */
export const suspect = z.object({
  image: imageId,
  name: z.string(),
  /** The label that was judged. */
  given: z.string(),
  /** What the model takes it for. */
  suggested: z.string(),
  /** Probabilities of the two. */
  givenProbability: z.number(),
  suggestedProbability: z.number(),
  /** Today's label, if it is another one by now; null: unchanged. */
  now: z.string().nullable(),
});
export type Suspect = z.infer<typeof suspect>;

/** Whose answers are judged: out of fold, or on images that the run did not learn from. */
export const suspectSource = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('study'), study: studyId }),
  z.object({
    kind: z.literal('run'),
    run: runId,
    split,
    checkpoint: checkpoint.default('best'),
  }),
]);
export type SuspectSource = z.infer<typeof suspectSource>;

const difference = z.object({
  name: z.string(),
  /** Images of the class that both answered. */
  images: z.number().int(),
  /** Recalls. */
  before: z.number(),
  after: z.number(),
  difference: z.number(),
  /** 95 %, from the answers to the same images (paired). */
  interval: z.tuple([z.number(), z.number()]),
});

/** Two runs' answers to the same images with the same labels. */
export const comparison = z.object({
  images: z.number().int(),
  /** Accuracies; `name` is empty. */
  overall: difference,
  classes: z.array(difference),
});
export type Comparison = z.infer<typeof comparison>;

const inRun = inProject.extend({ run: runId, checkpoint: checkpoint.default('best') });

export const evaluationContract = {
  /**
   * Runs the model over a split; when done, `report` answers. For a run that held out a share of its
   * training images, 'validation' means those, and 'train' is without them.
   */
  start: call.input(inRun.extend({ split })).output(z.object({ job: jobId })),
  /** The stored report, or null when this was not evaluated yet. */
  report: call.input(inRun.extend({ split })).output(evaluationReport.nullable()),
  /** Images behind a cell of the confusion matrix, the most confident first. */
  cell: call
    .input(
      inRun.extend({
        split,
        /** Index in the run's classes; absent: any. */
        truth: z.number().int().min(0).optional(),
        predicted: z.number().int().min(0).optional(),
        /** Only right, or only wrong, answers. */
        correct: z.boolean().optional(),
        offset: z.number().int().min(0).default(0),
        limit: z.number().int().min(1).max(1000).default(200),
      }),
    )
    .output(z.object({ total: z.number().int(), predictions: z.array(prediction) })),
  /**
   * Images that are likely mislabeled, the most doubtful first (confident learning: Northcutt and
   * others 2021). @throws AppError NOT_FOUND when there are no such answers
   */
  suspects: call
    .input(inProject.extend({ source: suspectSource }))
    .output(z.object({ images: z.number().int(), suspects: z.array(suspect) })),
  /**
   * What changed from another run to this one, class by class: the answers of both to the images of
   * the split, with the labels of this run's report. Both must have been evaluated on it.
   */
  compare: call
    .input(
      inRun.extend({
        split,
        before: z.object({ run: runId, checkpoint: checkpoint.default('best') }),
      }),
    )
    .output(comparison),
};

/** A pretrained network as it was published, with its own classes. */
const byNetwork = inProject.extend({ backbone: z.string().min(1).max(200) });
const libraryImages = { images: z.array(imageId).min(1).max(1000) };
const imageFiles = {
  files: z
    .array(z.union([z.string().min(1), z.file()]))
    .min(1)
    .max(10_000),
  /** Whether answers carry a small picture of the file, as a data URL. */
  thumbnails: z.boolean().default(true),
  /** Longest edge of the thumbnails in pixels: small where there are many. */
  thumbnailEdge: z.number().int().min(16).max(1024).default(320),
};

/** What a run says, or a whole pretrained network; the latter knows nothing of the project's labels. */
export const predictContract = {
  /** Images of the library, in the given order, without those whose files cannot be read. */
  images: call
    .input(z.union([inRun.extend(libraryImages), byNetwork.extend(libraryImages)]))
    .output(z.array(prediction)),
  /** Files by path (desktop, CLI) or as uploaded blobs (browser): one answer a file, as it comes. */
  files: call
    .input(z.union([inRun.extend(imageFiles), byNetwork.extend(imageFiles)]))
    .output(eventIterator(filePrediction)),
};
