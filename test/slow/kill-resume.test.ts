/**
 * kill -9 of the engine and of the whole server at random moments in the middle of epochs, with
 * augmentation on two replicas: the run that is continued, again and again, ends with the
 * weights and metrics of one that nobody touched, to the bit.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAugmentation } from '#shared/augmentations/presets.ts';
import type { EpochMetrics, FoveaClient, Run, TrainOptions } from '#shared/contract/index.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { buildStale } from '../../scripts/build.ts';
import { finished, sampleFolder } from '../helpers/core.ts';
import { startKillableServer, type KillableServer } from '../helpers/killable-server.ts';
import { quick, until } from '../helpers/training.ts';

const EPOCHS = 6;
const KILLS = 4;

const options: TrainOptions = {
  ...quick,
  model: { kind: 'preset', preset: 'fashion-cnn' },
  epochs: EPOCHS,
  batch: 32,
  schedule: { type: 'cosine', warmup: 0.1 },
  augment: findAugmentation('few-labels')!.spec,
};

let root: string;
let path: string;
let project: string;
let server: KillableServer;
let straight: Run;
/** Milliseconds of an epoch of the run that nobody touched. */
let epochMs: number;

beforeAll(async () => {
  await buildStale();
  root = mkdtempSync(join(tmpdir(), 'fovea-kill-resume-'));
  mkdirSync(join(root, 'projects'));
  path = join(root, 'projects', 'kill.fovea');
  server = await startKillableServer(root);
  const { client } = server;
  ({ id: project } = await client.projects.create({ path }));
  const { job } = await client.library.import({ project, source: sampleFolder });
  await finished(client, job);
  const started = await client.runs.start({ project, options });
  straight = await ended(client, started.run);
  expect(straight.status).toBe('done');
  epochMs = (1000 * straight.epochs.reduce((sum, { seconds }) => sum + seconds, 0)) / EPOCHS;
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

async function ended(client: FoveaClient, run: string): Promise<Run> {
  await until(
    client,
    project,
    run,
    (event) => event.type === 'run' && event.run.finishedAt !== null,
  );
  return await client.runs.get({ project, run });
}

function checkpoint(run: string, which: 'last' | 'best' | 'resume'): string {
  return join(path, 'runs', run, 'checkpoints', `${which}.safetensors`);
}

function tensors(run: string, which: 'last' | 'best') {
  const file = checkpoint(run, which);
  return [...decodeSafetensors(readFileSync(file), file).tensors];
}

const numbers = ({ epoch, loss, accuracy, valLoss, valAccuracy, learningRate }: EpochMetrics) => [
  ...[epoch, loss, accuracy, valLoss, valAccuracy, learningRate],
];

function expectUntouched(run: Run): void {
  expect(run.status).toBe('done');
  expect(run.epochs.map(numbers)).toEqual(straight.epochs.map(numbers));
  for (const which of ['last', 'best'] as const) {
    expect(tensors(run.id, which)).toEqual(tensors(straight.id, which));
  }
}

/** How far a run was seen to be, by its id: a watcher is told again what was before a kill. */
const furthest = new Map<string, number>();

/** Waits for a step that was not seen before, of the next epoch or of one after it. */
async function newStep(client: FoveaClient, run: string, epoch = 1): Promise<void> {
  const reached = (await client.runs.get({ project, run })).epochs.length;
  const before = furthest.get(run) ?? 0;
  await until(client, project, run, (event) => {
    if (event.type !== 'batch' || event.step <= before || event.epoch < reached + epoch)
      return false;
    furthest.set(run, event.step);
    return true;
  });
}

/** Trains on until a random moment soon after that. */
async function trainInto(client: FoveaClient, run: string, epoch: number): Promise<void> {
  await newStep(client, run, epoch);
  await sleep(Math.random() * epochMs * 0.7);
}

function killEngines(): void {
  for (const pid of server.engines()) process.kill(pid, 'SIGKILL');
}

describe('a run whose engine is killed in mid-epoch', () => {
  it('cannot go on where nothing was saved yet, and says so', async () => {
    const { client } = server;
    const { run } = await client.runs.start({ project, options });
    await trainInto(client, run, 1);
    killEngines();
    const interrupted = await ended(client, run);
    expect(interrupted).toMatchObject({ status: 'interrupted', epochs: [], resumable: false });
    await expect(client.runs.resume({ project, run })).rejects.toMatchObject({
      code: 'RUN_NOT_READY',
    });
  });

  it('goes on from its last epoch', async () => {
    const { client } = server;
    const { run } = await client.runs.start({ project, options });
    for (let kill = 1; kill <= KILLS; kill++) {
      // The first time behind a whole epoch, then in the very epoch that it goes on with.
      await trainInto(client, run, kill === 1 ? 2 : 1);
      killEngines();
      const interrupted = await ended(client, run);
      if (interrupted.status === 'done') break;
      expect(interrupted.status).toBe('interrupted');
      expect(existsSync(checkpoint(run, 'resume'))).toBe(false);
      await client.runs.resume({ project, run });
    }
    expectUntouched(await ended(client, run));
  });

  it('goes on from the middle of an epoch where that was saved', async () => {
    const { client } = server;
    const { run } = await client.runs.start({ project, options });
    for (let kill = 1; kill <= 2; kill++) {
      await trainInto(client, run, 1);
      await client.runs.pause({ project, run });
      const paused = await ended(client, run);
      expect(paused.status).toBe('paused');
      expect(existsSync(checkpoint(run, 'resume'))).toBe(true);
      await client.runs.resume({ project, run });
      await newStep(client, run);
      killEngines();
      expect((await ended(client, run)).status).toBe('interrupted');
      await client.runs.resume({ project, run });
    }
    expectUntouched(await ended(client, run));
  });
});

describe('a run whose server is killed in mid-epoch', () => {
  it('goes on when the project is opened again', async () => {
    const { run } = await server.client.runs.start({ project, options });
    for (let kill = 1; kill <= 3; kill++) {
      await trainInto(server.client, run, kill === 1 ? 2 : 1);
      await server.process.kill();
      await server.close();
      server = await startKillableServer(root);
      ({ id: project } = await server.client.projects.open({ path }));
      const interrupted = await server.client.runs.get({ project, run });
      if (interrupted.status === 'done') break;
      expect(interrupted).toMatchObject({ status: 'interrupted', resumable: true });
      await server.client.runs.resume({ project, run });
    }
    expectUntouched(await ended(server.client, run));
  });
});
