/** What changes about an ended run when it goes on. */
import { AppError } from '#shared/errors.ts';
import type { Project } from '../projects/project.ts';
import type { RunChanges, StoredRun } from '../store/runs.ts';
import { canResumeFrom } from './folder.ts';
import { count } from './words.ts';

/**
 * @param epochs the new total, or undefined for what was planned
 * @throws AppError CONFLICT, RUN_NOT_READY, INVALID_INPUT
 */
export function resumedRun(project: Project, run: StoredRun, epochs?: number): RunChanges {
  const { id } = run;
  if (run.finishedAt === null) {
    throw new AppError('CONFLICT', `Run ${id} is still being trained.`, {
      subject: id,
      hint: 'Wait for it, or stop it first.',
    });
  }
  if (!canResumeFrom(project.paths.run(id))) {
    throw new AppError('RUN_NOT_READY', `Run ${id} has no checkpoint to go on from.`, {
      subject: id,
      hint: 'It ended before its first epoch did. Train again with the same settings.',
    });
  }
  const total = epochs ?? run.options.epochs;
  const reached = project.store.runs.epochs(id).at(-1)?.metrics.epoch ?? 0;
  if (reached >= total) {
    throw new AppError(
      'INVALID_INPUT',
      `Run ${id} has trained ${count(reached, 'epoch')} of ${total} already.`,
      { subject: id, hint: `Give more than ${reached} epochs in all to train longer.` },
    );
  }
  // A pause is no event worth a note: what comes out is what would have come without it.
  const warnings =
    run.status === 'paused'
      ? run.warnings
      : [...run.warnings.filter((warning) => warning !== note(reached)), note(reached)];
  return {
    status: 'preparing',
    finishedAt: null,
    error: null,
    ending: null,
    options: { ...run.options, epochs: total },
    warnings,
  };
}

const note = (reached: number): string =>
  reached === 0 ? 'Continued within the first epoch.' : `Continued after epoch ${reached}.`;
