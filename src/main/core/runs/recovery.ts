/** Runs whose process died while it trained them. */
import type { Project } from '../projects/project.ts';
import type { StoredRun } from '../store/runs.ts';
import { isAlive, processExists } from '../util/process-mark.ts';

/** Marks them 'interrupted', when a project is opened. `mine`: runs that this process trains. */
export async function recoverRuns(project: Project, mine: ReadonlySet<string>): Promise<void> {
  for (const run of project.store.runs.unfinished()) {
    if (mine.has(run.id)) continue;
    const foreign = run.owner.pid !== process.pid;
    if (foreign && (await isAlive(run.owner))) continue;
    interrupt(project, run);
  }
}

/** The same while the project is open: another process may train in it, and die. */
export function noticeDeath(project: Project, run: StoredRun): StoredRun {
  if (run.finishedAt !== null || run.owner.pid === process.pid) return run;
  if (processExists(run.owner.pid)) return run;
  interrupt(project, run);
  return project.store.runs.get(run.id);
}

function interrupt({ store, changes }: Project, run: StoredRun): void {
  const epochs = store.runs.epochs(run.id).length;
  const kept =
    epochs === 0
      ? 'No epoch had ended, so nothing was kept.'
      : `What was learned in ${epochs === 1 ? 'its first epoch' : `${epochs} epochs`} is kept.`;
  store.runs.update(run.id, {
    status: 'interrupted',
    finishedAt: Date.now(),
    error: { code: 'ENGINE_FAILED', message: `The app ended during this training. ${kept}` },
  });
  changes.publish(['runs']);
}
