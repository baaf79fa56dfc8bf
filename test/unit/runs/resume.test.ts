import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EpochMetrics, Run, RunEvent } from '#shared/contract/index.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, quick, trainRun, until } from '../../helpers/training.ts';

let test: TestCore;
let project: string;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 200, test: 60 });
}, 60_000);
afterAll(() => test.close());

const ended = (event: RunEvent): boolean => event.type === 'run' && event.run.finishedAt !== null;
const numbers = ({ epoch, loss, accuracy, valLoss, valAccuracy }: EpochMetrics) => [
  epoch,
  loss,
  accuracy,
  valLoss,
  valAccuracy,
];

async function resume(run: string, epochs?: number): Promise<Run> {
  const { client } = test;
  await client.runs.resume({ project, run, ...(epochs === undefined ? {} : { epochs }) });
  await until(client, project, run, ended);
  return client.runs.get({ project, run });
}

describe('a run that goes on', () => {
  it('after it was cancelled, ends as one that was not', async () => {
    const { client } = test;
    const { run: straight } = await trainRun(client, project, { epochs: 6 });
    const { run } = await client.runs.start({ project, options: { ...quick, epochs: 6 } });
    await until(client, project, run, ({ type }) => type === 'epoch');
    await client.runs.cancel({ project, run });
    const cancelled = await client.runs.get({ project, run });
    expect(cancelled.status).toBe('cancelled');
    const reached = cancelled.epochs.length;
    expect(reached).toBeLessThan(6);

    const end = await resume(run);
    expect(end.status).toBe('done');
    expect(end.error).toBeNull();
    expect(end.epochs.map(numbers)).toEqual(straight.epochs.map(numbers));
    expect(end.bestEpoch).toBe(straight.bestEpoch);
    expect(end.seconds).toBeGreaterThan(cancelled.seconds);
    expect(end.warnings).toContain(`Continued after epoch ${reached}.`);
    const { path } = await client.projects.get({ project });
    const csv = readFileSync(join(path, 'runs', run, 'metrics.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(csv.slice(1).map((line) => Number(line.split(',')[0]))).toEqual([1, 2, 3, 4, 5, 6]);
  }, 60_000);

  it('trains longer than planned', async () => {
    const { run } = await trainRun(test.client, project, { epochs: 2 });
    await expect(test.client.runs.resume({ project, run: run.id })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `Run ${run.id} has trained 2 epochs of 2 already.`,
    });
    const end = await resume(run.id, 3);
    expect(end.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(end.options.epochs).toBe(3);
    expect(end.status).toBe('done');
  }, 60_000);

  it('not while it is trained, nor without a checkpoint', async () => {
    const { client } = test;
    const options = { ...quick, epochs: 10_000 };
    const { run } = await client.runs.start({ project, options });
    await expect(client.runs.resume({ project, run })).rejects.toMatchObject({ code: 'CONFLICT' });
    // One training at a time: this one waits, and is cancelled before its first step.
    const waiting = await client.runs.start({ project, options });
    await client.runs.cancel({ project, run: waiting.run });
    await expect(client.runs.resume({ project, run: waiting.run })).rejects.toMatchObject({
      code: 'RUN_NOT_READY',
    });
    await client.runs.cancel({ project, run });
  }, 60_000);
});
