/** Runs a checkpoint over a split, as far as its answers are not known yet. */
import type { Checkpoint, Split } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { JobControl } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import { checkpointSha256 } from '../runs/folder.ts';
import { tensorSet } from '../runs/tensor-set.ts';
import type { StoredEvaluation } from '../store/evaluations.ts';
import type { StoredRun } from '../store/runs.ts';
import { evaluationData, type EvaluationData } from './data.ts';
import { makeReport } from './report.ts';

export interface EvaluationRequest {
  run: string;
  split: Split;
  checkpoint: Checkpoint;
}

/**
 * Makes (or brings up to date) the stored evaluation. What the same checkpoint answered before is
 * kept: with the same images and labels nothing is done, with other labels only the report is new.
 * @throws AppError NOT_FOUND, RUN_NOT_READY, NOT_ENOUGH_DATA, CANCELLED, ENGINE_FAILED
 */
export async function evaluate(
  { engine }: Pick<CoreContext, 'engine'>,
  project: Project,
  request: EvaluationRequest,
  control: JobControl,
): Promise<void> {
  const { store } = project;
  const run = store.runs.get(request.run);
  const directory = project.paths.run(run.id);
  const identity = await checkpointSha256(directory, run.id, request.checkpoint);
  const data = evaluationData(store, run, request.split);
  if (data.images.length === 0) throw nothingToEvaluate(request.split, data);
  const known = knownAnswers(store.evaluations.find(request), identity);
  if (known && sameData(known, data)) return;

  const answers = new Map<number, Float32Array>();
  const missing: number[] = [];
  const width = run.classes.length;
  const rows = known ? new Map([...known.images].map((image, row) => [image, row])) : null;
  for (const image of data.images) {
    const row = rows?.get(image);
    if (known && row !== undefined) {
      answers.set(image, known.probabilities.subarray(row * width, (row + 1) * width));
    } else {
      missing.push(image);
    }
  }
  await ask(engine, project, run, request.checkpoint, missing, answers, control);
  if (answers.size === 0) {
    throw new AppError('SOURCE_UNREADABLE', 'None of the images of this split can be read.', {
      hint: 'Put the files back where they were, or import them again.',
    });
  }
  // A training that goes on replaces its checkpoints: then these answers belong to none for sure.
  const unchanged = identity === (await checkpointSha256(directory, run.id, request.checkpoint));
  save(project, run, request, data, answers, unchanged ? identity : '');
}

function knownAnswers(stored: StoredEvaluation | null, identity: string): StoredEvaluation | null {
  return stored?.checkpointSha256 === identity ? stored : null;
}

function sameData(stored: StoredEvaluation, data: EvaluationData): boolean {
  const now = new Map([...data.images].map((image, index) => [image, data.classes[index]]));
  // Images that could not be read are worth another try.
  return (
    stored.report.excluded === data.unknown &&
    stored.images.length === now.size &&
    stored.images.every((image, index) => now.get(image) === stored.truth[index])
  );
}

/** Adds the model's answers on `images`; those whose files are unreadable get none. */
export async function ask(
  engine: CoreContext['engine'],
  project: Project,
  run: StoredRun,
  checkpoint: Checkpoint,
  images: readonly number[],
  answers: Map<number, Float32Array>,
  control: JobControl,
): Promise<void> {
  if (images.length === 0) return;
  control.phase('Decoding images');
  const onProgress = (done: number, total: number): void => control.progress(done, total);
  const { signal } = control;
  const pack = await project.tensors.ensure({ ...run.spec.input, images, signal, onProgress });
  const slots = new Map(images.map((image, position) => [image, pack.slots[position]!]));
  const failed = new Set(pack.failed.map(({ image }) => image));
  const readable = Uint32Array.from(images.filter((image) => !failed.has(image)));
  if (readable.length === 0) return;
  control.phase('Asking the model');
  const set = tensorSet(
    run.spec.input,
    { file: pack.file, slots },
    { images: readable, classes: new Int32Array(readable.length).fill(-1) },
  );
  const { data, classes } = await engine.predict(
    { runDir: project.paths.run(run.id), checkpoint, set },
    { signal, onProgress: ({ done, total }) => onProgress(done, total) },
  );
  readable.forEach((image, row) => {
    answers.set(image, data.subarray(row * classes, (row + 1) * classes));
  });
}

function save(
  { store, changes }: Project,
  run: StoredRun,
  request: EvaluationRequest,
  data: EvaluationData,
  answers: Map<number, Float32Array>,
  checkpointSha256: string,
): void {
  const width = run.classes.length;
  const images = data.images.filter((image) => answers.has(image));
  const truth = data.classes.filter((_, index) => answers.has(data.images[index]!));
  const probabilities = new Float32Array(images.length * width);
  images.forEach((image, row) => probabilities.set(answers.get(image)!, row * width));
  const trained = new Set(store.runs.data(run.id, 'train').images);
  const report = makeReport({
    ...request,
    classes: run.classes.map(({ name }) => name),
    truth,
    probabilities,
    excluded: data.unknown + data.images.length - images.length,
    trainedOn: images.filter((image) => trained.has(image)).length,
  });
  store.transaction(() => {
    // The run may have been removed meanwhile: then this says so.
    store.runs.get(run.id);
    store.evaluations.save({ report, checkpointSha256, images, truth, probabilities });
  });
  changes.publish(['evaluations']);
}

function nothingToEvaluate(split: Split, { unknown }: EvaluationData): AppError {
  return unknown > 0
    ? new AppError(
        'NOT_ENOUGH_DATA',
        `All ${unknown} labeled images of the ${split} split are of classes that this run does not know.`,
        { hint: 'Train a new run with these classes.' },
      )
    : new AppError('NOT_ENOUGH_DATA', `No labeled image is in the ${split} split.`, {
        hint: 'Assign splits in the library, or choose another split.',
      });
}
