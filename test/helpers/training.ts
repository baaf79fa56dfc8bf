/** Projects with data and runs, made through the contract as a user makes them. */
import { join } from 'node:path';
import type { FoveaClient, Run, RunEvent, TrainOptions } from '#shared/contract/index.ts';
import { finished, type TestCore } from './core.ts';
import { idxClassNames, writeIdx, type IdxOptions } from './idx.ts';

export const quick: TrainOptions = {
  model: { kind: 'preset', preset: 'fashion-small' },
  epochs: 2,
  batch: 20,
  learningRate: 1e-3,
  schedule: { type: 'constant' },
  optimizer: null,
  earlyStop: null,
  seed: 1,
  trainLimit: null,
  validateOn: { kind: 'split', split: 'test' },
  engine: 'cpu',
  augment: null,
  averaging: null,
  views: null,
  unlabeled: null,
  validateEvery: 1,
  finetune: null,
  featureCopies: null,
  film: true,
  startFrom: null,
};

/** Answers the handle of a new project with generated images in it. */
export async function createProject(
  { client, folder }: Pick<TestCore, 'client' | 'folder'>,
  name: string,
  data: IdxOptions,
): Promise<string> {
  const source = join(folder, `${name}-idx`);
  writeIdx(source, data);
  const project = await client.projects.create({ path: join(folder, `${name}.fovea`) });
  const { job } = await client.library.import({
    project: project.id,
    source,
    classNames: idxClassNames.slice(0, data.classes ?? 4),
  });
  await finished(client, job);
  return project.id;
}

/** Trains to the end and answers the run with all its events. */
export async function trainRun(
  client: FoveaClient,
  project: string,
  options: Partial<TrainOptions> = {},
): Promise<{ run: Run; events: RunEvent[] }> {
  const { run } = await client.runs.start({ project, options: { ...quick, ...options } });
  const events: RunEvent[] = [];
  for await (const event of await client.runs.watch({ project, run })) events.push(event);
  return { run: await client.runs.get({ project, run }), events };
}

/** Watches until `done` says so, then answers that event. */
export async function until(
  client: FoveaClient,
  project: string,
  run: string,
  done: (event: RunEvent) => boolean,
): Promise<RunEvent> {
  const stop = new AbortController();
  try {
    const events = await client.runs.watch({ project, run }, { signal: stop.signal });
    for await (const event of events) if (done(event)) return event;
  } finally {
    stop.abort();
  }
  throw new Error(`The run ended before it came to that.`);
}
