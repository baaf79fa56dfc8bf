import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call, jobId, projectId, runId, studyId, timestamp } from './base.ts';
import { datasetReport } from './datasets.ts';

export const errorInfo = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  subject: z.string().optional(),
});

export const jobKind = z.enum([
  'import',
  'training',
  'rate',
  'evaluation',
  'export',
  'study',
  'features',
]);

export const jobProgress = z.object({
  done: z.number(),
  /** Null while the amount of work is not known yet. */
  total: z.number().nullable(),
  /** What is counted: 'images', 'files', 'epochs'. */
  unit: z.string(),
  /** Units per second over the last few seconds; null before the first measurement. */
  rate: z.number().nullable(),
  etaSeconds: z.number().nullable(),
});
export type JobProgress = z.infer<typeof jobProgress>;

/** Long work, visible in one place wherever the user is. */
export const job = z.object({
  id: jobId,
  kind: jobKind,
  project: projectId,
  title: z.string(),
  state: z.enum(['queued', 'running', 'cancelling', 'done', 'failed', 'cancelled']),
  progress: jobProgress,
  /** What it does right now: 'Decoding images', 'Epoch 3 of 10'. */
  phase: z.string(),
  startedAt: timestamp,
  finishedAt: timestamp.nullable(),
  error: errorInfo.nullable(),
  /** What the job made: an import report's id, a run, an export's id. */
  result: z.union([
    z.object({ type: z.literal('import'), report: z.number().int() }),
    z.object({ type: z.literal('run'), run: runId }),
    z.object({ type: z.literal('evaluation'), run: runId, split: z.string() }),
    z.object({ type: z.literal('export'), export: z.number().int() }),
    z.object({ type: z.literal('dataset'), dataset: datasetReport }),
    z.object({ type: z.literal('study'), study: studyId }),
    z.object({
      type: z.literal('features'),
      file: z.string(),
      images: z.number().int(),
      /** Of one image. */
      shape: z.array(z.number().int()),
    }),
    z.null(),
  ]),
  run: runId.nullable(),
});
export type Job = z.infer<typeof job>;

export const jobEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), jobs: z.array(job) }),
  z.object({ type: z.literal('update'), job }),
]);
export type JobEvent = z.infer<typeof jobEvent>;

export const jobsContract = {
  list: call.output(z.array(job)),
  get: call.input(z.object({ job: jobId })).output(job),
  /** Asks a job to stop; it ends as 'cancelled' and leaves everything consistent. */
  cancel: call.input(z.object({ job: jobId })).output(z.void()),
  /** Drops finished jobs from the list. */
  clear: call.output(z.void()),
  /** First a snapshot of all jobs, then each change. */
  watch: call.output(eventIterator(jobEvent)),
};
