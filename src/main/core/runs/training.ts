/** One training from its data to its last checkpoint. */
import type { EpochMetrics, RunEnding, RunEvent } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Engine, TrainEvent, TrainHandle, TrainResult } from '../engine/protocol.ts';
import type { JobControl } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import type { RunData, StoredRun } from '../store/runs.ts';
import { pick } from './data.ts';
import { imagesUpTo } from './epoch-images.ts';
import { knownFeatures } from './transfer.ts';
import { appendMetrics, createRunFolder, writeRunFile } from './folder.ts';
import { startWeights } from './start.ts';
import { tensorSet } from './tensor-set.ts';
import { count, list } from './words.ts';

export interface TrainingHooks {
  control: JobControl;
  /** Gets the handle as soon as stopping is possible. */
  onHandle: (handle: TrainHandle) => void;
  /** Its status, engine or counts changed in the store. */
  onRunChanged: () => void;
  publish: (event: RunEvent) => void;
  /** Go on after the newest checkpoint; after early stopping ('further') with new patience. */
  resume: false | 'exactly' | 'further';
  /** Bytes of images that may be held in memory; undefined leaves it to the engine. */
  imageMemory: number | undefined;
}

/**
 * Trains a stored run; its epochs are in the store before they are published.
 * @throws AppError CANCELLED, NOT_ENOUGH_DATA, DISK_FULL, ENGINE_FAILED, …
 */
export async function train(
  engine: Engine,
  project: Project,
  id: string,
  hooks: TrainingHooks,
): Promise<TrainResult> {
  const { control } = hooks;
  const directory = project.paths.run(id);
  if (hooks.resume) writeRunFile(directory, project.store.runs.get(id));
  else await createRunFolder(directory, project.store.runs.get(id));
  const backbones = await project.backbones.keep(project.store.runs.get(id).spec);
  const data = await readableData(project, project.store.runs.get(id), hooks);
  const run = project.store.runs.get(id);
  const sets = {
    train: tensorSet(run.spec.input, data.pack, withUnlabeled(data.train, data.unlabeled)),
    validation: data.validation && tensorSet(run.spec.input, data.pack, data.validation),
  };
  const features = await knownFeatures(engine, project, run, sets, control);

  control.phase('Preparing the model', 'images');
  const inner = new AbortController();
  let failure: unknown;
  const fail = (error: unknown): void => {
    failure ??= error;
    inner.abort();
  };
  const record = new EpochRecorder(project, run, hooks, fail);
  const handle = engine.train(
    {
      runDir: directory,
      spec: run.spec,
      classNames: run.classes.map(({ name }) => name),
      ...sets,
      backbones,
      features,
      finetune: run.options.finetune,
      start: hooks.resume ? undefined : startWeights(project, run),
      epochs: run.options.epochs,
      batch: run.options.batch,
      learningRate: run.options.learningRate,
      schedule: run.options.schedule,
      earlyStop: run.options.earlyStop,
      seed: run.options.seed,
      augment: run.options.augment,
      averaging: run.options.averaging,
      views: run.options.views,
      unlabeled: run.options.unlabeled,
      validateEvery: run.options.validateEvery,
      film: run.options.film,
      backend: run.options.engine,
      imageMemory: hooks.imageMemory,
      resume: hooks.resume !== false,
      patienceAnew: hooks.resume === 'further',
    },
    (event) => record.take(event),
    AbortSignal.any([control.signal, inner.signal]),
  );
  hooks.onHandle(handle);
  try {
    const result = await handle.result;
    record.end();
    await record.finished();
    if (failure !== undefined) throw failure as Error;
    return result;
  } catch (error) {
    await record.finished();
    throw failure ?? error;
  }
}

/** What a result says beyond its outcome. */
export function endingOf(result: TrainResult): RunEnding | null {
  const { outcome, epochs, bestEpoch, partialSteps, stoppedEarly, restoredBest } = result;
  if (outcome === 'paused') return { type: 'paused', epoch: epochs + 1, step: partialSteps };
  if (!stoppedEarly) return null;
  return { type: 'early-stop', epoch: epochs, best: bestEpoch, restored: restoredBest };
}

interface ReadableData {
  pack: { file: string; slots: Map<number, number> };
  train: RunData;
  validation: RunData | null;
  unlabeled: Uint32Array;
}

/** The engine tells images to learn from without a label by a class of -1. */
function withUnlabeled({ images, classes }: RunData, unlabeled: Uint32Array): RunData {
  if (unlabeled.length === 0) return { images, classes };
  const all = { images: new Uint32Array(images.length + unlabeled.length) };
  all.images.set(images);
  all.images.set(unlabeled, images.length);
  const none = new Int32Array(all.images.length).fill(-1);
  none.set(classes);
  return { ...all, classes: none };
}

/** Decodes what is not in the cache yet; leaves out, and names, images whose files are unreadable. */
async function readableData(
  project: Project,
  run: StoredRun,
  { control, onRunChanged }: TrainingHooks,
): Promise<ReadableData> {
  const { runs } = project.store;
  let training = runs.data(run.id, 'train');
  let validation = run.validationImages > 0 ? runs.data(run.id, 'validation') : null;
  let unlabeled = runs.unlabeled(run.id);
  control.phase('Decoding images', 'images');
  const images = [...training.images, ...(validation?.images ?? []), ...unlabeled];
  const pack = await project.tensors.ensure({
    ...run.spec.input,
    images,
    signal: control.signal,
    onProgress: (done, total) => control.progress(done, total),
  });
  const slots = new Map(images.map((image, position) => [image, pack.slots[position]!]));

  if (pack.failed.length > 0) {
    const failed = new Set(pack.failed.map(({ image }) => image));
    const readable = (data: RunData): RunData =>
      pick(data, (position) => !failed.has(data.images[position]!));
    training = readable(training);
    validation = validation && readable(validation);
    runs.setData(run.id, 'train', training);
    if (validation) runs.setData(run.id, 'validation', validation);
    if (unlabeled.length > 0) {
      unlabeled = unlabeled.filter((image) => !failed.has(image));
      runs.setUnlabeled(run.id, unlabeled);
    }
    runs.update(run.id, { warnings: [...run.warnings, unreadable(project, [...failed])] });
    onRunChanged();
    if (training.images.length === 0 || validation?.images.length === 0) {
      throw new AppError(
        'NOT_ENOUGH_DATA',
        `None of the ${training.images.length === 0 ? 'training' : 'validation'} images can be read.`,
        { hint: 'Put the files back where they were, or import them again.' },
      );
    }
  }
  return { pack: { file: pack.file, slots }, train: training, validation, unlabeled };
}

function unreadable(project: Project, images: number[]): string {
  const names = images
    .slice(0, 5)
    .map((image) => project.store.images.get(image)?.name ?? `image ${image}`);
  const more = images.length > names.length ? ` and ${images.length - names.length} more` : '';
  return `${count(images.length, 'image')} could not be read and ${images.length === 1 ? 'was' : 'were'} left out: ${more ? names.join(', ') + more : list(names, 'and')}.`;
}

/** Turns the engine's events into rows, files and published events, in their order. */
class EpochRecorder {
  readonly #project: Project;
  readonly #run: StoredRun;
  readonly #hooks: TrainingHooks;
  readonly #fail: (error: unknown) => void;
  readonly #started: number;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    project: Project,
    run: StoredRun,
    hooks: TrainingHooks,
    fail: (error: unknown) => void,
  ) {
    this.#project = project;
    this.#run = run;
    this.#hooks = hooks;
    this.#fail = fail;
    // A resumed run counts the time of before too.
    this.#started = Date.now() - run.seconds * 1000;
  }

  /** Never throws: it is called from the engine's message loop. */
  take(event: TrainEvent): void {
    try {
      this.#take(event);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Counts the time until now. */
  end(): void {
    const seconds = (Date.now() - this.#started) / 1000;
    this.#project.store.runs.update(this.#run.id, { seconds });
  }

  /** Resolves when everything taken so far is on disk. */
  finished(): Promise<void> {
    return this.#writing;
  }

  #take(event: TrainEvent): void {
    const { runs } = this.#project.store;
    const { control, publish, onRunChanged } = this.#hooks;
    const { epochs } = this.#run.options;
    const upTo = (epoch: number): number => imagesUpTo(this.#run, epoch);
    switch (event.type) {
      case 'measure':
        control.phase(`Timing ${event.label} on this model`);
        break;
      case 'choice':
      case 'fallback':
        // Kept with the run: what trained it is part of how to repeat it.
        this.#note(event.text);
        break;
      case 'start':
        runs.update(this.#run.id, { engine: event.backend, parameters: event.parameters });
        control.phase(`Epoch 1 of ${epochs}`, 'images');
        control.progress(0, upTo(epochs));
        onRunChanged();
        break;
      case 'finetune':
        control.phase('Preparing to fine-tune');
        break;
      case 'resume': {
        const { metrics, best } = event;
        const reached = metrics?.epoch ?? 0;
        const stored = runs.epochs(this.#run.id).some((one) => one.metrics.epoch === reached);
        // The app died between the checkpoint and its row.
        if (metrics && !stored) this.#store(metrics, best);
        control.phase(`Epoch ${reached + 1} of ${epochs}`, 'images');
        control.progress(upTo(reached), upTo(epochs));
        onRunChanged();
        break;
      }
      case 'batch': {
        const before = upTo(event.epoch - 1);
        const inEpoch = (event.at - event.epoch + 1) * (upTo(event.epoch) - before);
        control.progress(before + Math.round(inEpoch), upTo(epochs));
        publish(event);
        break;
      }
      case 'epoch': {
        const { metrics, best } = event;
        this.#store(metrics, best);
        control.progress(upTo(metrics.epoch), upTo(epochs));
        if (metrics.epoch < epochs) control.phase(`Epoch ${metrics.epoch + 1} of ${epochs}`);
        publish(event);
        break;
      }
    }
  }

  #note(text: string): void {
    const { runs } = this.#project.store;
    const { warnings } = runs.get(this.#run.id);
    runs.update(this.#run.id, { warnings: [...warnings, text] });
    this.#hooks.onRunChanged();
  }

  #store(metrics: EpochMetrics, best: boolean): void {
    const { runs } = this.#project.store;
    this.#project.store.transaction(() => {
      runs.addEpoch(this.#run.id, { metrics, best });
      this.end();
    });
    const directory = this.#project.paths.run(this.#run.id);
    this.#writing = this.#writing.then(() => appendMetrics(directory, metrics)).catch(this.#fail);
  }
}
