/** Studies: planned, started, gone on with, taken away. Lives as long as the core. */
import type { Study, StudyRequest, StudyResult, StudyStatus } from '#shared/contract/index.ts';
import { AppError, isCancellation, toErrorInfo } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { JobControl, JobResult } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import { removeRunFolder } from '../runs/folder.ts';
import type { StoredStudy, StudyChanges } from '../store/studies.ts';
import { isAlive, processExists, processMark } from '../util/process-mark.ts';
import { planStudy } from './plan.ts';
import { viewResult, viewStudy } from './view.ts';
import { workOnStudy } from './work.ts';

type Dependencies = Pick<CoreContext, 'options' | 'log' | 'jobs' | 'engine' | 'projects' | 'runs'>;

interface Started {
  study: string;
  job: string;
}

export class StudyService {
  readonly #core: Dependencies;
  /** Project and study of those that this process works on. */
  readonly #active = new Set<string>();

  constructor(core: Dependencies) {
    this.#core = core;
    core.projects.onOpen.push((project) => this.#recover(project));
  }

  /** @throws AppError NOT_ENOUGH_DATA, MODEL_INVALID, NOT_FOUND */
  async start(project: Project, request: StudyRequest, name?: string): Promise<Started> {
    const owner = { pid: process.pid, mark: await processMark(process.pid) };
    const { studies } = project.store;
    const stored = project.store.transaction(() => {
      const { study, pool, measured, parts } = planStudy(project, request);
      return studies.insert(
        {
          ...study,
          name: name?.trim() || study.name,
          status: 'running',
          createdAt: Date.now(),
          owner,
        },
        { pool, measured },
        parts,
      );
    });
    return this.#launch(project, stored);
  }

  /** @throws AppError CONFLICT while it goes on, INVALID_INPUT when nothing is left */
  async resume(project: Project, id: string): Promise<Started> {
    const owner = { pid: process.pid, mark: await processMark(process.pid) };
    const study = this.#look(project, id);
    if (study.status === 'running') throw busy(study);
    if (study.status === 'done') {
      throw new AppError('INVALID_INPUT', `Study ${id} is done.`, { subject: id });
    }
    const changes: StudyChanges = { status: 'running', finishedAt: null, error: null, owner };
    project.store.studies.update(id, changes);
    return this.#launch(project, project.store.studies.get(id));
  }

  list(project: Project): Study[] {
    return project.store.studies
      .list()
      .map((study) => viewStudy(project.store, this.#look(project, study.id)));
  }

  get(project: Project, id: string): StudyResult {
    return viewResult(project.store, this.#look(project, id));
  }

  rename(project: Project, id: string, name: string): Study {
    project.store.studies.get(id);
    this.#update(project, id, { name: name.trim() });
    return viewStudy(project.store, this.#look(project, id));
  }

  /** With its runs and their folders. @throws AppError CONFLICT while it goes on */
  async remove(project: Project, id: string): Promise<void> {
    const study = this.#look(project, id);
    if (study.status === 'running') throw busy(study);
    const runs = project.store.studies.parts(id).flatMap(({ run }) => run ?? []);
    project.store.studies.remove(id);
    project.changes.publish(['studies']);
    for (const run of runs) await removeRunFolder(project.paths.run(run));
  }

  #launch(project: Project, { id, name, request }: StoredStudy): Started {
    const what = request.kind === 'folds' ? 'Validate in folds' : 'Learning curve';
    this.#active.add(keyOf(project, id));
    const job = this.#core.jobs.start(
      { kind: 'study', project: project.id, title: `${what} · ${name}`, unit: 'images' },
      (control) => this.#work(project, id, control),
    );
    this.#update(project, id, { job: job.id });
    return { study: id, job: job.id };
  }

  async #work(project: Project, id: string, control: JobControl): Promise<JobResult> {
    try {
      await workOnStudy(this.#core, project, id, control);
      this.#end(project, id, 'done');
      return { type: 'study', study: id };
    } catch (error) {
      if (isCancellation(error) || control.signal.aborted) this.#end(project, id, 'cancelled');
      else this.#end(project, id, 'failed', { error: toErrorInfo(error) });
      throw error;
    } finally {
      this.#active.delete(keyOf(project, id));
    }
  }

  #end(project: Project, id: string, status: StudyStatus, changes: StudyChanges = {}): void {
    this.#update(project, id, { ...changes, status, finishedAt: Date.now() });
  }

  #update(project: Project, id: string, changes: StudyChanges): void {
    project.store.studies.update(id, changes);
    project.changes.publish(['studies']);
  }

  /** As stored, after noticing that the process that worked on it died. */
  #look(project: Project, id: string): StoredStudy {
    const study = project.store.studies.get(id);
    if (study.status !== 'running' || this.#active.has(keyOf(project, id))) return study;
    if (study.owner.pid !== process.pid && processExists(study.owner.pid)) return study;
    this.#end(project, id, 'interrupted');
    return project.store.studies.get(id);
  }

  /** When a project is opened: a new process may have the number of the one that died. */
  async #recover(project: Project): Promise<void> {
    for (const { id, status, owner } of project.store.studies.list()) {
      if (status !== 'running' || this.#active.has(keyOf(project, id))) continue;
      if (owner.pid !== process.pid && (await isAlive(owner))) continue;
      this.#end(project, id, 'interrupted');
    }
  }
}

/** Builds the service and lets it look at each project that is opened from now on. */
export function createStudyService(core: Dependencies): StudyService {
  return new StudyService(core);
}

const keyOf = (project: Project, study: string): string => `${project.id}/${study}`;

function busy({ id }: StoredStudy): AppError {
  return new AppError('CONFLICT', `Study ${id} is still at work.`, {
    subject: id,
    hint: 'Wait for it, or cancel it first.',
  });
}
