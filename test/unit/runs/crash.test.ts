import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '#shared/contract/index.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { createProject, quick, until } from '../../helpers/training.ts';

const ended = (event: RunEvent): boolean => event.type === 'run' && event.run.finishedAt !== null;

/** Children of a process whose program is the engine's worker. */
function engineProcesses(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return state !== 'Z' && Number(ppid) === parent && command.includes('engine/worker');
      } catch {
        return false;
      }
    });
}

let test: TestCore;
afterEach(() => test.close());

// Finding an engine's process by its parent needs /proc; what is tested is the same everywhere.
describe.skipIf(process.platform !== 'linux')('kill -9', () => {
  it('of the engine while it trains: interrupted, and its best checkpoint predicts', async () => {
    test = await createTestCore();
    const { client } = test;
    const project = await createProject(test, 'killed', { train: 200, test: 40 });
    const { run, job } = await client.runs.start({
      project,
      options: { ...quick, epochs: 10_000 },
    });
    await until(
      client,
      project,
      run,
      (event) => event.type === 'epoch' && event.metrics.epoch >= 2,
    );
    for (const pid of engineProcesses(process.pid)) process.kill(pid, 'SIGKILL');
    await until(client, project, run, ended);

    const end = await client.runs.get({ project, run });
    expect(end.status).toBe('interrupted');
    expect(end.error).toMatchObject({ code: 'ENGINE_FAILED' });
    expect(end.epochs.length).toBeGreaterThanOrEqual(2);
    expect(end.checkpoints.toSorted()).toEqual(['best', 'last']);
    expect((await client.jobs.get({ job })).state).toBe('failed');

    const [image] = await client.library.images.ids({ project });
    const [answer] = await client.predict.images({ project, run, images: [image!] });
    expect(answer!.probabilities).toHaveLength(4);
    expect(answer!.probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    // The next training has a new engine.
    const next = await client.runs.start({ project, options: { ...quick, epochs: 1 } });
    await until(client, project, next.run, ended);
    expect((await client.runs.get({ project, run: next.run })).status).toBe('done');
  }, 60_000);

  it('of the whole app while it trains: marked interrupted when the project is opened', async () => {
    test = await createTestCore();
    const id = await createProject(test, 'crashed', { train: 200, test: 40 });
    const { path } = await test.client.projects.get({ project: id });
    await test.client.projects.close({ project: id });

    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'train-forever.ts'), path, join(test.folder, 'other-data')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { run } = JSON.parse(line.toString()) as { run: string };

    // While that process lives, its run is its own.
    const opened = await test.client.projects.open({ path });
    const project = opened.id;
    expect((await test.client.runs.get({ project, run })).status).toBe('running');
    await expect(test.client.runs.stop({ project, run })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    // Its epochs can be watched from here.
    const epoch = await until(test.client, project, run, (event) => event.type === 'epoch');
    expect(epoch.type).toBe('epoch');
    await test.client.projects.close({ project });

    const engines = engineProcesses(child.pid!);
    expect(engines.length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await test.client.projects.open({ path });
    const end = await test.client.runs.get({ project, run });
    expect(end.status).toBe('interrupted');
    expect(end.finishedAt).not.toBeNull();
    expect(end.error?.message).toMatch(/^The app ended during this training\. What was learned in/);
    const [image] = await test.client.library.images.ids({ project });
    expect(await test.client.predict.images({ project, run, images: [image!] })).toHaveLength(1);
    // Its engine does not train on without it.
    await expect
      .poll(() => engines.filter((pid) => readdirSync('/proc').includes(String(pid))), {
        timeout: 10_000,
      })
      .toEqual([]);
  }, 60_000);
});
