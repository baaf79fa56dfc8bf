/** kill -9, of the server and of the engine, while someone labels and a training runs. */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FoveaClient, Run, TrainOptions } from '#shared/contract/index.ts';
import { buildStale } from '../../scripts/build.ts';
import { finished, sampleFolder } from '../helpers/core.ts';
import { startKillableServer, type KillableServer } from '../helpers/killable-server.ts';
import { processTree } from '../helpers/process-tree.ts';

const options: TrainOptions = {
  model: { kind: 'preset', preset: 'fashion-cnn' },
  epochs: 1000,
  batch: 32,
  learningRate: 0.001,
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

let root: string;
let server: KillableServer;
let path: string;

async function startServer(): Promise<FoveaClient> {
  server = await startKillableServer(root);
  return server.client;
}

beforeEach(async () => {
  await buildStale();
  root = mkdtempSync(join(tmpdir(), 'fovea-kill-'));
  mkdirSync(join(root, 'projects'));
  path = join(root, 'projects', 'kill.fovea');
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

/** A project with the sample in it and a training that has saved a checkpoint and goes on. */
async function startDay(client: FoveaClient) {
  const { id: project } = await client.projects.create({ path });
  const imported = await client.library.import({ project, source: sampleFolder });
  await finished(client, imported.job);
  const { run } = await client.runs.start({ project, options });
  await waitForEpochs(client, project, run, 1);
  return { project, run };
}

async function waitForEpochs(
  client: FoveaClient,
  project: string,
  run: string,
  epochs: number,
): Promise<Run> {
  return vi.waitFor(
    async () => {
      const now = await client.runs.get({ project, run });
      expect(now.error).toBeNull();
      expect(now.epochs.length).toBeGreaterThanOrEqual(epochs);
      return now;
    },
    { timeout: 120_000, interval: 200 },
  );
}

/** Labels image after image as class `classId` until `stop`; returns what was acknowledged. */
function keepLabeling(client: FoveaClient, project: string, ids: number[], classId: number) {
  const acknowledged: number[] = [];
  const stopping = new AbortController();
  const done = (async () => {
    for (const image of ids) {
      if (stopping.signal.aborted) return;
      try {
        await client.labels.assign({ project, images: [image], classId });
      } catch {
        // The server is gone: this one was not acknowledged.
        return;
      }
      acknowledged.push(image);
    }
  })();
  return {
    acknowledged,
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

describe('kill -9 of the server', () => {
  it('loses no label; the run is interrupted and its best checkpoint opens', async () => {
    let client = await startServer();
    const { project, run } = await startDay(client);
    const ids = await client.library.images.ids({ project });
    const { id: classId } = await client.labels.classes.create({ project, name: 'by hand' });
    const labeling = keepLabeling(client, project, ids, classId);
    await vi.waitFor(() => expect(labeling.acknowledged.length).toBeGreaterThan(50), {
      timeout: 30_000,
    });
    const children = processTree(server.process.process.pid ?? 0).slice(1);
    await server.process.kill();
    await labeling.stop();
    await server.close();
    expect(labeling.acknowledged.length).toBeLessThan(ids.length);
    // Engine and decoders notice that nobody is there any more and end by themselves.
    await vi.waitFor(
      () => {
        const left = children.filter(({ pid }) => processTree(pid).length > 0);
        expect(left.map(({ command }) => command)).toEqual([]);
      },
      { timeout: 20_000 },
    );

    client = await startServer();
    const { id } = await client.projects.open({ path });
    const rows = await client.library.images.rows({ project: id, ids: labeling.acknowledged });
    expect(rows.filter((row) => row.classId !== classId)).toEqual([]);
    expect((await client.labels.state({ project: id })).undo).not.toBeNull();

    const after = await client.runs.get({ project: id, run });
    expect(after.status).toBe('interrupted');
    expect(after.checkpoints).toContain('best');
    const some = await client.predict.images({ project: id, run, images: ids.slice(-5) });
    expect(some).toHaveLength(5);
    for (const { probabilities } of some) {
      expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    }
  });
});

describe('kill -9 of the engine', () => {
  it('ends the run as interrupted, and neither the labels nor the app notice', async () => {
    const client = await startServer();
    const { project, run } = await startDay(client);
    const ids = await client.library.images.ids({ project });
    const { id: classId } = await client.labels.classes.create({ project, name: 'by hand' });
    const labeling = keepLabeling(client, project, ids, classId);
    // One for the training, maybe one for everything else.
    const engines = server.engines();
    expect(engines.length).toBeGreaterThan(0);
    for (const pid of engines) process.kill(pid, 'SIGKILL');

    const ended = await vi.waitFor(
      async () => {
        const now = await client.runs.get({ project, run });
        expect(now.finishedAt).not.toBeNull();
        return now;
      },
      { timeout: 30_000 },
    );
    await labeling.stop();
    expect(ended.status).toBe('interrupted');
    expect(labeling.acknowledged.length).toBeGreaterThan(0);
    const rows = await client.library.images.rows({
      project,
      ids: labeling.acknowledged.slice(0, 2000),
    });
    expect(rows.filter((row) => row.classId !== classId)).toEqual([]);

    // A new engine answers, from the checkpoint that the dead one left.
    const some = await client.predict.images({ project, run, images: ids.slice(-5) });
    expect(some).toHaveLength(5);
    const next = await client.runs.start({ project, options: { ...options, epochs: 1 } });
    await finished(client, next.job);
  });
});
