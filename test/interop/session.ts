/** Trained models, their answers on held-out images, and their exported files. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportFormat, FoveaClient } from '#shared/contract/index.ts';
import { createTestCore, finished, type TestCore } from '../helpers/core.ts';
import { trainRun } from '../helpers/training.ts';
import { HELD_OUT, labeled, writeData } from './data.ts';
import { models, type InteropModel, type ModelName } from './models.ts';

export interface TrainedModel {
  name: string;
  project: string;
  run: string;
  classes: number;
  /** The held-out images as bytes, [1000, 28, 28, 1], in a file. */
  images: string;
  /** What the app answers, [1000, classes]. */
  answers: Float32Array;
}

export interface InteropSession {
  client: FoveaClient;
  /** Temporary; removed by `close`. */
  folder: string;
  trained: readonly TrainedModel[];
  /** Trains another model than those of `models`. */
  train(name: string, model: InteropModel): Promise<TrainedModel>;
  /** Answers the folder with the files. */
  exportTo(model: TrainedModel, format: ExportFormat): Promise<string>;
  /** What the app answers on the held-out images, [1000, classes]. */
  answersOf(project: string, run: string): Promise<Float32Array>;
  /** Waits for a job. */
  finished(job: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Seconds for each model. */
export async function openInterop(names: readonly ModelName[]): Promise<InteropSession> {
  const test = await createTestCore();
  const trained: TrainedModel[] = [];
  for (const name of names) trained.push(await train(test, name, models[name]));
  const { client, folder } = test;
  return {
    client,
    folder,
    trained,
    train: (name, model) => train(test, name, model),
    answersOf: (project, run) => answersOf(client, project, run),
    finished: (job) => finished(client, job),
    close: () => test.close(),
    async exportTo({ project, run }, format) {
      const directory = mkdtempSync(join(folder, `${format}-`));
      const { job } = await client.exports.start({ project, run, format, directory });
      await finished(client, job);
      return directory;
    },
  };
}

async function train(test: TestCore, name: string, model: InteropModel): Promise<TrainedModel> {
  const { client, folder } = test;
  const { classes, spec, views, epochs = 1 } = model;
  const project = await projectOf(test, classes);
  const { run } = await trainRun(client, project, {
    model: { kind: 'spec', spec },
    epochs,
    views,
    // Moving averages of batch normalisation have to come near what they stand for.
    batch: 10,
  });
  const images = join(folder, `${classes}-classes.u8`);
  writeFileSync(images, labeled('t10k', classes).pixels);
  const answers = await answersOf(client, project, run.id);
  return { name, project, run: run.id, classes, images, answers };
}

const projects = new WeakMap<TestCore, Map<number, string>>();

async function projectOf(test: TestCore, classes: number): Promise<string> {
  const known = projects.get(test) ?? new Map<number, string>();
  projects.set(test, known);
  const found = known.get(classes);
  if (found !== undefined) return found;
  const { client, folder } = test;
  const source = join(folder, `data-${classes}`);
  writeData(source, classes);
  const { id } = await client.projects.create({ path: join(folder, `${classes}.fovea`) });
  const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`);
  const { job } = await client.library.import({ project: id, source, classNames });
  await finished(client, job);
  known.set(classes, id);
  return id;
}

async function answersOf(client: FoveaClient, project: string, run: string): Promise<Float32Array> {
  const images = await client.library.images.ids({ project, filter: { splits: ['test'] } });
  const predictions = await client.predict.images({ project, run, images });
  if (predictions.length !== HELD_OUT) throw new Error(`${predictions.length} answers`);
  return Float32Array.from(predictions.flatMap(({ probabilities }) => probabilities));
}
