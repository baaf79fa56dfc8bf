import * as z from 'zod';
import { call, inProject, runId, split } from './base.ts';
import { checkpoint } from './evaluation.ts';

export const reportFormat = z.enum(['html', 'pdf']);
export type ReportFormat = z.infer<typeof reportFormat>;

export const reportsContract = {
  /**
   * A run as one file for a colleague: what was trained, how it went, and how well it does on a split,
   * if it was evaluated on it. Nothing in it asks for anything from elsewhere.
   */
  make: call
    .input(
      inProject.extend({
        run: runId,
        checkpoint: checkpoint.default('best'),
        split: split.default('test'),
        format: reportFormat,
      }),
    )
    .output(z.object({ name: z.string(), file: z.file() })),
};
