/** What commands that measure a run begin with. */
import { Option } from 'commander';
import type { Checkpoint, FoveaClient, Run, Split } from '#shared/contract/index.ts';
import { findRun } from './find-run.ts';
import { followJob } from './follow-job.ts';
import type { Session } from './session.ts';

export interface EvaluationOptions {
  split: Split;
  checkpoint: Checkpoint;
}

export const splitOption = (description = 'images to measure on'): Option =>
  new Option('--split <split>', description)
    .choices(['train', 'validation', 'test'])
    .default('test');

export const checkpointOption = (): Option =>
  new Option('--checkpoint <which>', 'weights to use').choices(['best', 'last']).default('best');

/**
 * Opens the project and measures the run.
 * @param which 'latest' or a run's id
 */
export async function evaluateRun(
  session: Session,
  dir: string,
  which: string,
  { split, checkpoint }: EvaluationOptions,
): Promise<{
  client: FoveaClient;
  run: Run;
  subject: { project: string; run: string } & EvaluationOptions;
}> {
  const { client, project } = await session.open(dir);
  const run = await findRun(client, project.id, which);
  const subject = { project: project.id, run: run.id, checkpoint, split };
  const { job } = await client.evaluation.start(subject);
  await followJob(client, session, job);
  return { client, run, subject };
}
