/** Studies: many trainings that answer one question, kept together and apart from the list of runs. */
import * as z from 'zod';
import { call, inProject, jobId, runId, studyId, timestamp } from './base.ts';
import { measured } from './evaluation.ts';
import { errorInfo } from './jobs.ts';
import { trainOptions } from './runs.ts';

/** What a study trains. `options` are those of every training; seeds count up from theirs. */
export const studyRequest = z.discriminatedUnion('kind', [
  z.object({
    /** How good the model becomes with how many labels. */
    kind: z.literal('curve'),
    options: trainOptions,
    /** Training images; larger ones than there are labels become all that there are. */
    sizes: z.array(z.number().int().min(2)).min(1).max(20),
    seeds: z.number().int().min(1).max(50).default(3),
    /** Also a plain dense net, to see what the model is worth. */
    baseline: z.boolean().default(true),
  }),
  z.object({
    /** Honest validation: each image is judged by a model that did not see it. */
    kind: z.literal('folds'),
    options: trainOptions,
    folds: z.number().int().min(2).max(20).default(5),
  }),
]);
export type StudyRequest = z.infer<typeof studyRequest>;

export const studyStatus = z.enum(['running', 'done', 'cancelled', 'interrupted', 'failed']);
export type StudyStatus = z.infer<typeof studyStatus>;

export const studyArm = z.enum(['model', 'dense']);
export type StudyArm = z.infer<typeof studyArm>;

/** One training of a study. */
export const studyPart = z.object({
  arm: studyArm,
  /** Training images. */
  size: z.number().int(),
  seed: z.number().int(),
  /** 1-based; null in a curve. */
  fold: z.number().int().nullable(),
  /** Null before it begins. */
  run: runId.nullable(),
  /** Null until it is measured. */
  result: z
    .object({
      images: z.number().int(),
      accuracy: z.number(),
      balancedAccuracy: z.number(),
      loss: z.number(),
      seconds: z.number(),
    })
    .nullable(),
});
export type StudyPart = z.infer<typeof studyPart>;

const interval = z.tuple([z.number(), z.number()]);

/** Mean over seeds with its 95 % interval (seeds and test images together). */
export const curvePoint = z.object({
  size: z.number().int(),
  seeds: z.number().int(),
  mean: z.number(),
  /** Standard deviation over seeds; 0 for one seed. */
  deviation: z.number(),
  interval,
});
export type CurvePoint = z.infer<typeof curvePoint>;

/** What twice the labels would bring, from a power law through the points. */
export const curveEstimate = z.object({
  /** Twice the largest size. */
  size: z.number().int(),
  accuracy: z.number(),
  interval,
  /** Against the fitted accuracy at the largest size. */
  gain: z.number(),
  gainInterval: interval,
});
export type CurveEstimate = z.infer<typeof curveEstimate>;

export const studyCurve = z.object({
  arm: studyArm,
  points: z.array(curvePoint),
  /** The fitted line, to twice the largest size; empty without an estimate. */
  fitted: z.array(z.object({ size: z.number(), accuracy: z.number(), interval })),
  /** Null below three sizes. */
  estimate: curveEstimate.nullable(),
});
export type StudyCurve = z.infer<typeof studyCurve>;

export const foldsResult = z.object({
  /** Of the folds' accuracies. */
  mean: z.number(),
  deviation: z.number(),
  /** Over all images, each answered by the model that did not see it. */
  pooled: measured,
});

export const study = z.object({
  id: studyId,
  name: z.string(),
  request: studyRequest,
  status: studyStatus,
  createdAt: timestamp,
  finishedAt: timestamp.nullable(),
  job: jobId.nullable(),
  /** Time of its trainings and measurements. */
  seconds: z.number(),
  classes: z.array(z.string()),
  /** What the trainings are measured on. */
  measuredOn: z.enum(['test', 'validation', 'held-out', 'folds']),
  measuredImages: z.number().int(),
  warnings: z.array(z.string()),
  error: errorInfo.nullable(),
  parts: z.array(studyPart),
  /** Labels of its images that changed since it began. */
  staleLabels: z.number().int(),
});
export type Study = z.infer<typeof study>;

export const studyResult = study.extend({
  /** One for each arm that has results; empty for folds. */
  curves: z.array(studyCurve),
  /** Null in a curve, and until every fold is measured. */
  folds: foldsResult.nullable(),
});
export type StudyResult = z.infer<typeof studyResult>;

const inStudy = inProject.extend({ study: studyId });

export const studiesContract = {
  /** @throws AppError NOT_ENOUGH_DATA, MODEL_INVALID */
  start: call
    .input(inProject.extend({ request: studyRequest, name: z.string().max(200).optional() }))
    .output(z.object({ study: studyId, job: jobId })),
  /** Goes on where it ended, on the labels it began with. */
  resume: call.input(inStudy).output(z.object({ study: studyId, job: jobId })),
  /** Newest first. */
  list: call.input(inProject).output(z.array(study)),
  get: call.input(inStudy).output(studyResult),
  /** With its trainings. */
  remove: call.input(inStudy).output(z.void()),
  update: call.input(inStudy.extend({ name: z.string().min(1).max(200) })).output(study),
};
