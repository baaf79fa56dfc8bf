import type { Checkpoint } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Project } from '../projects/project.ts';
import { existingCheckpoints } from '../runs/folder.ts';
import type { StoredRun } from '../store/runs.ts';

export interface ModelRequest {
  run: string;
  checkpoint: Checkpoint;
}

/**
 * A run that can answer.
 * @throws AppError NOT_FOUND, RUN_NOT_READY
 */
export function readyRun(project: Project, { run: id, checkpoint }: ModelRequest): StoredRun {
  const run = project.store.runs.get(id);
  if (existingCheckpoints(project.paths.run(id)).includes(checkpoint)) return run;
  throw new AppError('RUN_NOT_READY', `Run ${id} has no ${checkpoint} checkpoint yet.`, {
    subject: id,
    hint: 'Wait for its first epoch to end, or choose another run.',
  });
}
