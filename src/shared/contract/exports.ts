import * as z from 'zod';
import { call, inProject, jobId, runId, timestamp } from './base.ts';
import { checkpoint } from './evaluation.ts';

export const exportFormat = z.enum([
  'onnx',
  'onnx-fp16',
  'onnx-int8',
  'pytorch',
  'keras',
  'h5',
  'tfjs',
  'keras-project',
  'web',
  'tflite',
  'tflite-int8',
  'coreml',
]);
export type ExportFormat = z.infer<typeof exportFormat>;

export const exportFormatInfo = z.object({
  id: exportFormat,
  name: z.string(),
  /** What it is for, in one sentence. */
  purpose: z.string(),
});
export type ExportFormatInfo = z.infer<typeof exportFormatInfo>;

/** The written file, run again in a fresh session, against the app, on held-out images. */
export const answersProof = z.object({
  kind: z.literal('answers'),
  images: z.number().int(),
  /** Share of images with the same top-1 class, 0 to 1. */
  agreement: z.number(),
  /** Largest absolute difference of any probability. */
  maxDifference: z.number(),
  /** Share of the images that are right, of the app and of the file. Null in older records. */
  accuracy: z.object({ app: z.number(), file: z.number() }).nullable().default(null),
  passed: z.boolean(),
});
export type AnswersProof = z.infer<typeof answersProof>;

/** Of a format that the app cannot run: the numbers in the written file, read again. */
export const contentsProof = z.object({
  kind: z.literal('contents'),
  /** Kernels, biases and so on that were found. */
  tensors: z.number().int(),
  /** Largest absolute difference of any of their numbers. */
  maxDifference: z.number(),
  passed: z.boolean(),
});

export const exportProof = z.discriminatedUnion('kind', [answersProof, contentsProof]);
export type ExportProof = z.infer<typeof exportProof>;

export const exportRecord = z.object({
  id: z.number().int(),
  run: runId,
  checkpoint,
  format: exportFormat,
  at: timestamp,
  directory: z.string(),
  files: z.array(z.object({ path: z.string(), bytes: z.number() })),
  /** Null where there was nothing to check it with. */
  proof: exportProof.nullable(),
  /** Examples to paste, by language. */
  examples: z.array(z.object({ language: z.string(), code: z.string() })),
});
export type ExportRecord = z.infer<typeof exportRecord>;

export const exportsContract = {
  formats: call.output(z.array(exportFormatInfo)),
  list: call.input(inProject).output(z.array(exportRecord)),
  get: call.input(inProject.extend({ export: z.number().int() })).output(exportRecord),
  start: call
    .input(
      inProject.extend({
        run: runId,
        checkpoint: checkpoint.default('best'),
        format: exportFormat,
        /** Folder to write to; made if it is not there. */
        directory: z.string().min(1),
      }),
    )
    .output(z.object({ job: jobId })),
};
