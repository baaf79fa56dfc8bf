import * as z from 'zod';
import { call, inProject, jobId } from './base.ts';
import { skippedFile } from './library.ts';

/** Ways to write a project's images and labels for other programs. */
export const datasetFormat = z.enum([
  'folders',
  'csv',
  'jsonl',
  'coco',
  'imagefolder',
  'webdataset',
  'tfrecord',
]);
export type DatasetFormat = z.infer<typeof datasetFormat>;

export const datasetFormatInfo = z.object({
  id: datasetFormat,
  name: z.string(),
  /** What it is for, in one sentence. */
  purpose: z.string(),
  /** Whether it has a place for images without a label. */
  unlabeled: z.boolean(),
});
export type DatasetFormatInfo = z.infer<typeof datasetFormatInfo>;

/** What an export of the data set wrote. */
export const datasetReport = z.object({
  format: datasetFormat,
  directory: z.string(),
  /** Images written, with and without a label. */
  images: z.number().int(),
  unlabeled: z.number().int(),
  /** Images without a label that were left out. */
  leftOut: z.number().int(),
  bytes: z.number(),
  /** Images that could not be written: the first 1,000, and how many in all. */
  skipped: z.array(skippedFile),
  skippedCount: z.number().int(),
});
export type DatasetReport = z.infer<typeof datasetReport>;

export const datasetsContract = {
  formats: call.output(z.array(datasetFormatInfo)),
  /** A job; its result is the report. */
  export: call
    .input(
      inProject.extend({
        format: datasetFormat,
        /** Full path of a folder that is empty or not there yet. */
        directory: z.string().min(1),
        /** Also images without a label. */
        unlabeled: z.boolean().default(false),
      }),
    )
    .output(z.object({ job: jobId })),
};
