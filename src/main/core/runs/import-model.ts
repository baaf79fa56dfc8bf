/** A model that another program trained, as a run of the project. */
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ModelChoice } from '#shared/contract/index.ts';
import type { CoreContext } from '../context.ts';
import { chosenModel } from '../models/models.ts';
import { ensureClass } from '../labels/classes.ts';
import type { ImportedModel, ImportModelJob } from '../engine/protocol.ts';
import { uploadSession } from '../library/source.ts';
import type { Project } from '../projects/project.ts';
import type { RunData, StoredRun } from '../store/runs.ts';
import { toFileError } from '../util/files.ts';
import { processMark } from '../util/process-mark.ts';
import { createRunFolder } from './folder.ts';
import { findModelFile } from './model-source.ts';

export interface ImportRequest {
  /** A file, a folder that holds one model, or `upload:<session>`. */
  file: string;
  classNames?: string[] | undefined;
  pixels?: NonNullable<ImportModelJob['pixels']> | undefined;
  name?: string | undefined;
  /** What weights without a model are for. */
  model?: ModelChoice | undefined;
}

/** @throws AppError NOT_FOUND, SOURCE_UNREADABLE, MODEL_INVALID, DISK_FULL */
export async function importModel(
  { engine, options, uploads }: Pick<CoreContext, 'engine' | 'options' | 'uploads'>,
  project: Project,
  { file: source, classNames, pixels, name, model: choice }: ImportRequest,
  signal?: AbortSignal,
): Promise<{ run: string }> {
  const mark = await processMark(process.pid);
  const session = uploadSession(source);
  const file = await findModelFile(source, uploads);
  const staging = await mkdtemp(join(project.paths.runs, '.import-')).catch((error: unknown) => {
    throw toFileError(error, project.paths.runs);
  });
  try {
    const job: ImportModelJob = {
      file,
      runDir: staging,
      classNames: classNames ?? null,
      otherwise: project.store.classes.list().map((each) => each.name),
      pixels: pixels ?? null,
      spec: choice ? chosenModel(project.store, choice).spec : null,
    };
    const model = await engine.importModel(job, { signal });
    const run = store(project, model, {
      name: name?.trim() || nameOf(file, session !== null),
      versions: { fovea: options.version },
      owner: { pid: process.pid, mark },
      from: session === null ? file : basename(file),
    });
    try {
      await rename(staging, project.paths.run(run.id));
      await createRunFolder(project.paths.run(run.id), run);
    } catch (error) {
      project.store.runs.remove(run.id);
      throw error;
    }
    project.changes.publish(['classes', 'runs']);
    return { run: run.id };
  } catch (error) {
    throw toFileError(error, file);
  } finally {
    await rm(staging, { recursive: true, force: true });
    if (session !== null) await uploads.remove(session);
  }
}

/** TensorFlow.js calls every model alike: its folder says which, unless that is an upload's. */
function nameOf(file: string, uploaded: boolean): string {
  const own = basename(file);
  return own === 'model.json' && !uploaded ? basename(dirname(file)) : own;
}

const none: RunData = { images: new Uint32Array(), classes: new Int32Array() };

function store(
  project: Project,
  { spec, classNames, parameters }: ImportedModel,
  { from, ...facts }: Pick<StoredRun, 'name' | 'versions' | 'owner'> & { from: string },
): StoredRun {
  const { store } = project;
  const now = Date.now();
  return store.transaction(() => {
    const run = store.runs.insert(
      {
        ...facts,
        status: 'preparing',
        createdAt: now,
        options: {
          model: { kind: 'spec', spec },
          epochs: 1,
          batch: 32,
          learningRate: 1e-3,
          schedule: { type: 'constant' },
          optimizer: null,
          earlyStop: null,
          seed: 1,
          trainLimit: null,
          validateOn: { kind: 'none' },
          engine: 'auto',
          augment: null,
          averaging: null,
          views: null,
          unlabeled: null,
          validateEvery: 1,
          finetune: null,
          featureCopies: null,
          film: true,
          startFrom: null,
        },
        spec,
        classes: classNames.map((name) => ({ id: ensureClass(store, name), name })),
        parameters,
        labelRevision: store.labels.revision(),
        warnings: [`Trained elsewhere; imported from ${from}.`],
        job: null,
        study: null,
      },
      none,
      null,
    );
    store.runs.update(run.id, { status: 'done', finishedAt: now });
    return store.runs.get(run.id);
  });
}
