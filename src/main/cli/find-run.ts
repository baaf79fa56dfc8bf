import type { FoveaClient, Run } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';

/**
 * A run by its id, or the newest one with a checkpoint for `latest`.
 * @throws AppError NOT_FOUND
 */
export async function findRun(client: FoveaClient, project: string, which: string): Promise<Run> {
  const runs = await client.runs.list({ project });
  const run =
    which === 'latest'
      ? runs
          .filter(({ checkpoints }) => checkpoints.length > 0)
          .reduce<Run | undefined>(
            (newest, each) => (newest && newest.createdAt >= each.createdAt ? newest : each),
            undefined,
          )
      : runs.find(({ id }) => id === which);
  if (run) return run;
  const known = runs.map(({ id }) => id).join(', ');
  throw new AppError(
    'NOT_FOUND',
    which === 'latest'
      ? 'This project has no trained run yet.'
      : `There is no run '${which}' in this project.`,
    { hint: known === '' ? 'Train one first: fovea train.' : `It has: ${known}.` },
  );
}
