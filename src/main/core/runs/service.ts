/** Training runs: planned, started, watched, ended. Lives as long as the core. */
import type { Run, RunEvent, RunStatus, TrainOptions, TrainPlan } from '#shared/contract/index.ts';
import { AppError, isCancellation, toErrorInfo } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import { checkModel } from '../engine/layers/summary.ts';
import type { EngineInfo, TrainHandle } from '../engine/protocol.ts';
import type { JobControl, JobResult } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import type { RunChanges, RunData, StoredRun } from '../store/runs.ts';
import { processMark } from '../util/process-mark.ts';
import { RunChannel, type BatchPoint } from './channel.ts';
import { removeRunFolder, writeRunFile } from './folder.ts';
import { followRun } from './follow.ts';
import { planTraining } from './plan.ts';
import { TrainingQueue } from './queue.ts';
import { noticeDeath, recoverRuns } from './recovery.ts';
import { resumedRun } from './resume.ts';
import { Throughput } from './throughput.ts';
import { endingOf, train, type TrainingHooks } from './training.ts';
import { imagesAnEpoch } from './epoch-images.ts';
import { viewRun } from './view.ts';

type Dependencies = Pick<
  CoreContext,
  'options' | 'log' | 'jobs' | 'engine' | 'projects' | 'settings'
>;

/** What a study says of a run of its own. */
type PartOfStudy = Pick<
  StoredRun,
  'name' | 'options' | 'spec' | 'classes' | 'labelRevision' | 'study'
>;

interface ActiveRun {
  project: Project;
  id: string;
  job: string;
  channel: RunChannel;
  handle: TrainHandle | null;
}

export class RunService {
  readonly #core: Dependencies;
  readonly #active = new Map<string, ActiveRun>();
  /** The per-batch lines of paused runs, to go on with. */
  readonly #paused = new Map<string, BatchPoint[]>();
  readonly #queue = new TrainingQueue();
  readonly #throughput: Throughput;

  constructor(core: Dependencies) {
    this.#core = core;
    this.#throughput = new Throughput(core.options.dataDir);
    core.projects.onOpen.push((project) => recoverRuns(project, this.#mine(project)));
  }

  async plan(project: Project, options: TrainOptions): Promise<TrainPlan> {
    return (await this.#plan(project, options)).plan;
  }

  /**
   * Seconds that a training will take: as the plan says, else by timing a few steps of it. Null where
   * that cannot be told, or while something trains, which would be slowed down and falsify it.
   */
  async estimate(
    project: Project,
    options: TrainOptions,
    signal?: AbortSignal,
  ): Promise<number | null> {
    const { plan, timeable } = await this.#plan(project, options);
    const { estimateSeconds: known, problems } = plan;
    if (known !== null || timeable === null || problems.length > 0) return known;
    if (this.#active.size > 0) return null;
    await this.#core.engine.time(timeable, options.engine, signal);
    return (await this.#plan(project, options)).plan.estimateSeconds;
  }

  /**
   * Stores a run with its data of this moment and trains it as a job.
   * @throws AppError NOT_ENOUGH_DATA with the plan's first problem
   */
  async start(
    project: Project,
    options: TrainOptions,
    name?: string,
  ): Promise<{ run: string; job: string }> {
    const mark = await processMark(process.pid);
    const { plan, chosen, selection, engine } = await this.#plan(project, options);
    const [problem, ...others] = plan.problems;
    if (problem !== undefined) {
      const code = plan.model.problem ? 'MODEL_INVALID' : 'NOT_ENOUGH_DATA';
      throw new AppError(code, [problem, ...others].join(' '));
    }
    const newRun = (): StoredRun =>
      project.store.runs.insert(
        {
          name: name?.trim() || chosen.name,
          status: 'preparing',
          createdAt: Date.now(),
          options,
          spec: chosen.spec,
          classes: selection.classes,
          parameters: plan.model.summary.parameters,
          versions: this.#versions(engine),
          labelRevision: selection.labelRevision,
          warnings: [...(plan.start ? [plan.start.text] : []), ...plan.warnings],
          job: null,
          owner: { pid: process.pid, mark },
          study: null,
        },
        selection.train,
        selection.validation,
        selection.unlabeled,
      );
    const run = project.store.transaction(newRun);
    return { run: run.id, job: this.#launch(project, run, false) };
  }

  /** Stores a run of a study, for `trainWithin`: no list shows it. */
  async insertPart(project: Project, part: PartOfStudy, train: RunData): Promise<string> {
    const mark = await processMark(process.pid);
    const versions = this.#versions(await this.#core.engine.info());
    const { parameters } = checkModel(part.spec, part.classes.length, project.backbones).summary;
    const row = {
      ...part,
      ...{ status: 'preparing' as const, createdAt: Date.now(), parameters, versions },
      ...{ warnings: [], job: null, owner: { pid: process.pid, mark } },
    };
    return project.store.transaction(() => project.store.runs.insert(row, train, null).id);
  }

  /**
   * Trains a stored run as part of other work, in that work's job; it waits its turn like any other.
   * @throws AppError CANCELLED, ENGINE_FAILED, …
   */
  async trainWithin(project: Project, id: string, control: JobControl): Promise<void> {
    const run = noticeDeath(project, project.store.runs.get(id));
    let resume: TrainingHooks['resume'] = false;
    if (run.finishedAt !== null) {
      const mark = await processMark(process.pid);
      const owner = { pid: process.pid, mark };
      project.store.runs.update(id, { ...resumedRun(project, run), owner });
      resume = 'exactly';
    }
    await this.#work(this.#activate(project, run, control.id), control, resume);
  }

  /**
   * Goes on with an ended run after its last checkpoint.
   * @param epochs the new total; by default what was planned
   * @throws AppError CONFLICT while it is trained, RUN_NOT_READY without a checkpoint, INVALID_INPUT
   *   when nothing is left to train
   */
  async resume(
    project: Project,
    id: string,
    epochs?: number,
  ): Promise<{ run: string; job: string }> {
    const mark = await processMark(process.pid);
    const run = noticeDeath(project, project.store.runs.get(id));
    const changes = resumedRun(project, run, epochs);
    const further = run.ending?.type === 'early-stop';
    project.store.runs.update(id, { ...changes, owner: { pid: process.pid, mark } });
    const resume = further ? 'further' : 'exactly';
    return { run: id, job: this.#launch(project, project.store.runs.get(id), resume) };
  }

  /** @returns the job that trains it */
  #launch(project: Project, run: StoredRun, resume: TrainingHooks['resume']): string {
    const job = this.#core.jobs.start(
      {
        kind: 'training',
        project: project.id,
        title: `Train ${run.id} · ${run.name}`,
        unit: 'images',
        run: run.id,
      },
      (control) => this.#work(active, control, resume),
    );
    const active = this.#activate(project, run, job.id);
    return job.id;
  }

  #activate(project: Project, run: StoredRun, job: string): ActiveRun {
    const key = keyOf(project, run.id);
    const channel = new RunChannel(this.#paused.get(key));
    this.#paused.delete(key);
    const active: ActiveRun = { project, id: run.id, job, channel, handle: null };
    this.#active.set(key, active);
    this.#update(active, { job });
    return active;
  }

  /** Of every program that shapes a result. */
  #versions(engine: EngineInfo): Record<string, string> {
    return {
      fovea: this.#core.options.version,
      ...engine.versions,
      platform: `${process.platform}-${process.arch}`,
    };
  }

  /** Newest first. */
  list(project: Project): Run[] {
    const revision = project.store.labels.revision();
    return project.store.runs
      .list()
      .map((run) => viewRun(project, noticeDeath(project, run), revision));
  }

  get(project: Project, id: string): Run {
    return viewRun(project, noticeDeath(project, project.store.runs.get(id)));
  }

  /** First the run as it is, then (if it still goes on) what happens, until it has ended. */
  async *watch(project: Project, id: string, signal?: AbortSignal): AsyncGenerator<RunEvent, void> {
    const active = this.#active.get(keyOf(project, id));
    const events = active
      ? active.channel.listen(signal)
      : followRun(() => this.#look(project, id), signal);
    const points = active?.channel.points() ?? [];
    try {
      yield { type: 'run', run: this.get(project, id) };
      yield* points;
      yield* events;
    } finally {
      await events.return();
    }
  }

  /** Finishes the current epoch and keeps everything; before the first epoch it cancels. */
  stop(project: Project, id: string): void {
    const active = this.#activeOrThrow(project, id);
    if (!active) return;
    if (!active.handle) {
      this.#core.jobs.cancel(active.job);
      return;
    }
    active.handle.stop();
    this.#update(active, { status: 'stopping' });
  }

  /**
   * Saves everything at the next step and ends as 'paused'.
   * @throws AppError RUN_NOT_READY before its first step
   */
  pause(project: Project, id: string): void {
    const active = this.#activeOrThrow(project, id);
    if (!active) return;
    if (!active.handle) {
      throw new AppError('RUN_NOT_READY', `Run ${id} has not begun to train.`, {
        subject: id,
        hint: 'Wait for it to begin, or cancel it.',
      });
    }
    active.handle.pause();
  }

  /** Stops at once; the last checkpoint stays. Resolves when it has ended. */
  async cancel(project: Project, id: string): Promise<void> {
    const active = this.#activeOrThrow(project, id);
    if (!active) return;
    this.#core.jobs.cancel(active.job);
    await this.#core.jobs.finished(active.job);
  }

  update(project: Project, id: string, changes: { name?: string; notes?: string }): Run {
    project.store.runs.get(id);
    project.store.runs.update(id, changes);
    project.changes.publish(['runs']);
    return this.get(project, id);
  }

  /** Takes the run, its checkpoints, evaluations and export records away; exported files stay. */
  async remove(project: Project, id: string): Promise<void> {
    if (noticeDeath(project, project.store.runs.get(id)).finishedAt === null) {
      throw new AppError('CONFLICT', `Run ${id} is still being trained.`, {
        subject: id,
        hint: 'Stop it first.',
      });
    }
    project.store.runs.remove(id);
    project.changes.publish(['runs', 'evaluations', 'exports']);
    await removeRunFolder(project.paths.run(id));
  }

  /** Null when the project was closed. */
  #look(project: Project, id: string): Run | null {
    return this.#core.projects.list().includes(project) ? this.get(project, id) : null;
  }

  #plan(project: Project, options: TrainOptions): ReturnType<typeof planTraining> {
    const { engine } = this.#core;
    return planTraining(project, options, { engine, throughput: this.#throughput });
  }

  #mine(project: Project): Set<string> {
    const mine = [...this.#active.values()].filter((active) => active.project.id === project.id);
    return new Set(mine.map(({ id }) => id));
  }

  /** Null when the run has ended already. */
  #activeOrThrow(project: Project, id: string): ActiveRun | null {
    const run = noticeDeath(project, project.store.runs.get(id));
    if (run.finishedAt !== null) return null;
    const active = this.#active.get(keyOf(project, id));
    if (active) return active;
    throw new AppError(
      'CONFLICT',
      `Run ${id} is being trained by another Fovea on this computer.`,
      {
        subject: id,
        hint: `Stop it there (process ${run.owner.pid}).`,
      },
    );
  }

  async #work(
    active: ActiveRun,
    control: JobControl,
    resume: TrainingHooks['resume'],
  ): Promise<JobResult> {
    const { project, id } = active;
    let leave: (() => void) | undefined;
    try {
      leave = await this.#queue.enter(id, control.signal, (ahead) =>
        control.phase(`Waiting for ${ahead} to end`),
      );
      const { imageMemory } = this.#core.settings.get();
      const result = await train(this.#core.engine, project, id, {
        control,
        onHandle: (handle) => {
          active.handle = handle;
          this.#update(active, { status: 'running' });
        },
        onRunChanged: () => this.#update(active, {}),
        publish: (event) => active.channel.publish(event),
        resume,
        imageMemory: imageMemory === null ? undefined : imageMemory * 1024 ** 2,
      });
      this.#learnSpeed(project.store.runs.get(id), project);
      if (result.outcome === 'paused') {
        this.#paused.set(keyOf(project, id), active.channel.points());
      }
      this.#end(active, result.outcome, { ending: endingOf(result) });
      return { type: 'run', run: id };
    } catch (error) {
      if (isCancellation(error) || control.signal.aborted) this.#end(active, 'cancelled');
      else this.#end(active, failedStatus(error), { error: toErrorInfo(error) });
      throw error;
    } finally {
      this.#active.delete(keyOf(project, id));
      active.channel.close();
      leave?.();
    }
  }

  #end(active: ActiveRun, status: RunStatus, changes: RunChanges = {}): void {
    const { project, id } = active;
    this.#update(active, { ...changes, status, finishedAt: Date.now() });
    try {
      writeRunFile(project.paths.run(id), project.store.runs.get(id));
    } catch (error) {
      // The store has it all; a run that never got its folder (a full disk) has no file either.
      this.#core.log.warn({ err: error, run: id }, 'run.json was not written');
    }
  }

  #update(active: ActiveRun, changes: RunChanges): void {
    const { project, id, channel } = active;
    project.store.runs.update(id, changes);
    project.changes.publish(['runs']);
    channel.publish({ type: 'run', run: this.get(project, id) });
  }

  #learnSpeed(run: StoredRun, project: Project): void {
    if (run.engine === null) return;
    try {
      this.#throughput.record(
        { spec: run.spec, batch: run.options.batch, backend: run.engine },
        project.store.runs.epochs(run.id).map(({ metrics }) => metrics),
        { train: imagesAnEpoch(run), validation: run.validationImages },
      );
    } catch (error) {
      this.#core.log.warn({ err: error }, 'the training speed was not remembered');
    }
  }
}

/** Builds the service and lets it look at each project that is opened from now on. */
export function createRunService(core: Dependencies): RunService {
  return new RunService(core);
}

const keyOf = (project: Project, run: string): string => `${project.id}/${run}`;

/** The engine died, or gave up under way: what it saved is good. Anything else was wrong before. */
function failedStatus(error: unknown): RunStatus {
  const crashed = error instanceof AppError && error.code === 'ENGINE_FAILED';
  return crashed ? 'interrupted' : 'failed';
}
