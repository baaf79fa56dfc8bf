/** A study's job: its trainings one after the other, each measured when it is done. */
import type { StudyPart } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { denseNet } from '#shared/presets/dense-net.ts';
import type { CoreContext } from '../context.ts';
import { ask } from '../evaluation/evaluate.ts';
import { measure } from '../evaluation/report.ts';
import type { JobControl } from '../jobs.ts';
import { nearDuplicateGroups } from '../library/near-duplicates.ts';
import type { Project } from '../projects/project.ts';
import { pick } from '../runs/data.ts';
import { canResumeFrom, removeRunFolder } from '../runs/folder.ts';
import { count } from '../runs/words.ts';
import type { RunData } from '../store/runs.ts';
import type { StoredStudy } from '../store/studies.ts';
import { dealFolds } from './folds.ts';
import { at } from './plan.ts';
import { StudyProgress } from './progress.ts';
import { nestedOrder } from './subsets.ts';

type Dependencies = Pick<CoreContext, 'engine' | 'runs'>;

/** What one training learns from and is measured on. */
interface Sets {
  train: RunData;
  held: RunData;
}

/**
 * Trains and measures what is not measured yet. What was measured is in the store before the next
 * training begins.
 * @throws AppError CANCELLED, NOT_ENOUGH_DATA, ENGINE_FAILED, …
 */
export async function workOnStudy(
  core: Dependencies,
  project: Project,
  id: string,
  control: JobControl,
): Promise<void> {
  const { studies } = project.store;
  const study = studies.get(id);
  const setsOf = await studySets(project, study, control);
  const progress = new StudyProgress(control, studies.parts(id), study.request.options.epochs);
  for (const [position, part] of studies.parts(id).entries()) {
    if (part.result) continue;
    const started = Date.now();
    const sets = setsOf(part);
    studies.setPart(id, position, { size: sets.train.images.length });
    const run = await runOf(core, project, study, { part, position }, sets.train);
    control.phase(
      `Training ${position + 1} of ${studies.parts(id).length}: ${partName(part, sets.train.images.length)}`,
    );
    await core.runs.trainWithin(project, run, progress.within(position, control));
    await measurePart(core, project, study, { position, run, sets, started }, control);
    progress.done(position, (Date.now() - started) / 1000);
  }
}

/** '600 labels, seed 2' or 'fold 3'. */
function partName(part: Pick<StudyPart, 'arm' | 'seed' | 'fold'>, size: number): string {
  if (part.fold !== null) return `fold ${part.fold}`;
  return `${part.arm === 'dense' ? 'dense net, ' : ''}${count(size, 'label')}, seed ${part.seed}`;
}

/** Decodes all images once, and says for each part which of them it takes. */
async function studySets(
  project: Project,
  study: StoredStudy,
  control: JobControl,
): Promise<(part: StudyPart) => Sets> {
  const { studies } = project.store;
  const all = { pool: studies.data(study.id, 'pool'), held: studies.data(study.id, 'measured') };
  const images = [...all.pool.images, ...all.held.images];
  control.phase('Decoding images', 'images');
  const pack = await project.tensors.ensure({
    ...study.spec.input,
    images,
    signal: control.signal,
    onProgress: (done, total) => control.progress(done, total),
  });
  const failed = new Set(pack.failed.map(({ image }) => image));
  const slots = new Map(images.map((image, index) => [image, pack.slots[index]!]));
  const readable = (data: RunData): RunData =>
    pick(data, (position) => !failed.has(data.images[position]!));
  const pool = readable(all.pool);
  const held = readable(all.held);
  const { request } = study;
  if (pool.images.length < 2 || (request.kind === 'curve' && held.images.length === 0)) {
    throw new AppError('NOT_ENOUGH_DATA', 'None of the images of this study can be read.', {
      hint: 'Put the files back where they were, or import them again.',
    });
  }
  if (failed.size > 0) {
    note(project, study, `${count(failed.size, 'image')} could not be read and left out.`);
  }
  if (request.kind === 'curve') {
    const orders = new Map<number, Uint32Array>();
    return ({ seed, size }) => {
      const order = orders.get(seed) ?? nestedOrder(pool.classes, seed);
      orders.set(seed, order);
      return { train: at(pool, order.subarray(0, size)), held };
    };
  }
  control.phase('Looking for near-duplicates');
  const { file } = pack;
  const rows = { file, slots: Uint32Array.from(pool.images, (image) => slots.get(image)!) };
  const groups = await nearDuplicateGroups({ ...study.spec.input, ...rows }, control.signal);
  const together = groups.length - new Set(groups).size;
  if (together > 0) {
    note(
      project,
      study,
      `${count(together, 'image')} ${together === 1 ? 'is' : 'are'} nearly the same as another one: they stay in one fold.`,
    );
  }
  const folds = dealFolds(
    pool.classes,
    groups,
    studies.parts(study.id).length,
    study.request.options.seed,
  );
  return ({ fold }) => ({
    train: pick(pool, (position) => folds[position] !== fold! - 1),
    held: pick(pool, (position) => folds[position] === fold! - 1),
  });
}

/** Said once, however often the study goes on. */
function note({ store }: Project, study: StoredStudy, text: string): void {
  const { warnings } = store.studies.get(study.id);
  if (!warnings.includes(text)) store.studies.update(study.id, { warnings: [...warnings, text] });
}

/** The part's run: begun before and to be gone on with, or a new one. */
async function runOf(
  { runs }: Dependencies,
  project: Project,
  study: StoredStudy,
  { part, position }: { part: StudyPart; position: number },
  train: RunData,
): Promise<string> {
  const { store, paths } = project;
  const before = part.run === null ? null : store.runs.find(part.run);
  if (before && canResumeFrom(paths.run(before.id))) return before.id;
  if (before) {
    store.runs.remove(before.id);
    await removeRunFolder(paths.run(before.id));
  }
  const spec = part.arm === 'dense' ? denseNet(study.spec) : study.spec;
  const run = await runs.insertPart(
    project,
    {
      name: `${spec.name} · ${partName(part, train.images.length)}`,
      options: {
        ...study.request.options,
        ...(part.arm === 'dense' ? { model: { kind: 'spec', spec }, optimizer: null } : {}),
        seed: part.seed,
        trainLimit: null,
        // Nothing of what is measured on takes part in the training.
        validateOn: { kind: 'none' },
      },
      spec,
      classes: study.classes,
      labelRevision: study.labelRevision,
      study: study.id,
    },
    train,
  );
  store.studies.setPart(study.id, position, { run });
  return run;
}

async function measurePart(
  { engine }: Dependencies,
  project: Project,
  study: StoredStudy,
  {
    position,
    run: id,
    sets: { held },
    started,
  }: { position: number; run: string; sets: Sets; started: number },
  control: JobControl,
): Promise<void> {
  const { store } = project;
  const run = store.runs.get(id);
  const answers = new Map<number, Float32Array>();
  // Its own progress is not the study's.
  const quiet: JobControl = { ...control, phase: () => undefined, progress: () => undefined };
  await ask(engine, project, run, 'last', [...held.images], answers, quiet);
  const answered = pick(held, (row) => answers.has(held.images[row]!));
  const width = study.classes.length;
  const probabilities = new Float32Array(answered.images.length * width);
  answered.images.forEach((image, row) => probabilities.set(answers.get(image)!, row * width));
  const { images, accuracy, balancedAccuracy, loss } = measure({
    classes: study.classes.map(({ name }) => name),
    truth: answered.classes,
    probabilities,
  });
  const seconds = (Date.now() - started) / 1000;
  store.transaction(() => {
    store.studies.setResult(
      study.id,
      position,
      { images, accuracy, balancedAccuracy, loss, seconds },
      study.measuredOn === 'folds'
        ? { images: answered.images, truth: answered.classes, probabilities }
        : null,
    );
    const before = store.studies.get(study.id).seconds;
    store.studies.update(study.id, { seconds: before + seconds });
  });
  project.changes.publish(['studies']);
  // The figures and the epochs stay; weights of fifty trainings would only fill the disk.
  await removeRunFolder(project.paths.run(id));
}
