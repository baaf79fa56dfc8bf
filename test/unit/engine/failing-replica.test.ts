/**
 * A replica that fails: one that throws, and one whose thread ends. The training ends with an error
 * that says so, nobody waits for it, and what was saved before goes on as if nothing had happened.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '#shared/errors.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { decodeSafetensors } from '#core/engine/checkpoint/safetensors.ts';
import { trainAcross } from '#core/engine/fallback.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { dataTypes } from '#core/engine/graph/onnx-proto.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import { runFiles, type TrainJob, type TrainResult } from '#core/engine/protocol.ts';
import type { ReplicaRequest } from '#core/engine/training/cpu/replica-messages.ts';
import type { Stage } from '#core/engine/training/cpu/replica.ts';
import { train } from '#core/engine/training/trainer.ts';
import { temporaryFolder, tinyJob } from './helpers.ts';

const THREADS = 2;
const backend = await createTrainingBackend(chooseBackend('cpu', THREADS), THREADS);

/** Steps of an epoch of `tinyJob`. */
const STEPS = 19;

/** Threads that were started, most of them to be replicas. */
const threads: Worker[] = [];
const remember = (thread: Worker) => void threads.push(thread);
process.on('worker', remember);
afterEach(() => void threads.splice(0));

/** @param beforeStep told how many steps of this attempt there were */
async function run(job: TrainJob, beforeStep?: (steps: number) => void): Promise<TrainResult> {
  let steps = 0;
  return await train(job, backend, {
    emit: () => undefined,
    signal: new AbortController().signal,
    stopRequested: () => false,
    pauseRequested() {
      beforeStep?.(steps++);
      return false;
    },
  });
}

async function tensors(folder: string) {
  const file = join(folder, runFiles.checkpoint('last'));
  return [...decodeSafetensors(await readFile(file), file).tensors];
}

/** A graph that takes and gives the same as `stage` and cannot be run: it writes beside a vector. */
function failing({ inputs, outputs }: Stage): Uint8Array {
  const b = new GraphBuilder('failing');
  const values = Object.entries(inputs).map(([name, { dtype, dims }]) =>
    b.input(name, dtype, dims),
  );
  const image = values.find(({ name }) => name === 'image');
  if (!image) throw new RangeError('no image');
  const places = b.op('Cast', [b.reshape(image, [-1])], { to: dataTypes.int64 });
  const zeros = b.op('Expand', [b.scalar(0), b.ints([places.shape[0] as number])]);
  const beyond = b.op('Add', [places, b.ints([1e6])]);
  const broken = b.op('ScatterElements', [zeros, beyond, zeros], { axis: 0 });
  const sum = b.op('ReduceSum', [broken], { keepdims: 0 });
  for (const [name, { dims }] of Object.entries(outputs)) {
    b.output(name, b.op('Expand', [sum, b.ints(dims)]));
  }
  return toOnnx(b.finish());
}

/** From now on, until what it answers is called, threads get graphs that fail when they are run. */
function breakThreads(): () => void {
  const replace = (thread: Worker) => {
    const post = thread.postMessage.bind(thread);
    thread.postMessage = (request: ReplicaRequest) => {
      if (request.type !== 'compile') {
        post(request);
        return;
      }
      const stages = request.share.stages.map((stage) => ({ ...stage, model: failing(stage) }));
      post({ type: 'compile', share: { ...request.share, stages } } satisfies ReplicaRequest);
    };
  };
  const mend = () => void process.off('worker', replace);
  process.on('worker', replace);
  onTestFinished(mend);
  return mend;
}

/** Whole files of one whole epoch, and nothing else. */
async function expectOneEpoch(folder: string): Promise<void> {
  const files = await readdir(join(folder, 'checkpoints'));
  expect(files.sort()).toEqual(['best.safetensors', 'last.safetensors']);
  for (const which of ['best', 'last'] as const) {
    expect((await loadRun(folder, which)).metadata['epoch']).toBe('1');
  }
}

describe('a replica', () => {
  it('whose thread ends in mid-epoch: an error, and the run goes on to the bit', async () => {
    const whole = await temporaryFolder();
    const broken = await temporaryFolder();
    await run(tinyJob(whole, { epochs: 3 }));
    threads.splice(0);
    const attempt = run(tinyJob(broken, { epochs: 3 }), (steps) => {
      if (steps === STEPS + 7) for (const thread of threads) void thread.terminate();
    });
    await expect(attempt).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: 'A thread of the engine ended in the middle of training.',
    });
    await expectOneEpoch(broken);
    await run(tinyJob(broken, { epochs: 3, resume: true }));
    expect(await tensors(broken)).toEqual(await tensors(whole));
  });

  it('whose thread ends before it has started: an error', async () => {
    const folder = await temporaryFolder();
    const end = (thread: Worker) => void thread.terminate();
    process.on('worker', end);
    onTestFinished(() => void process.off('worker', end));
    await expect(run(tinyJob(folder))).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('that throws: the next backend goes on after the last epoch, and after the last one none', async () => {
    const whole = await temporaryFolder();
    const broken = await temporaryFolder();
    await run(tinyJob(whole, { epochs: 3 }));
    await run(tinyJob(broken, { epochs: 1 }));
    const job = tinyJob(broken, { epochs: 3, resume: true });

    const attempts = {
      isOver: () => false,
      explained: (error: unknown) => Promise.resolve(error),
      onFallback: () => undefined,
    };
    const mend = breakThreads();
    const alone = trainAcross(job, ['cpu'], { ...attempts, attempt: (each) => run(each) });
    const error = await alone.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringContaining('ScatterElements') as string,
    });
    await expectOneEpoch(broken);

    const fallbacks: unknown[] = [];
    const result = await trainAcross(job, ['webgpu', 'cpu'], {
      ...attempts,
      async attempt(each) {
        if (each.backend === 'cpu') mend();
        return await run(each);
      },
      onFallback: (from, to, _error, resumed) => fallbacks.push({ from, to, resumed }),
    });
    expect(fallbacks).toEqual([{ from: 'webgpu', to: 'cpu', resumed: true }]);
    expect(result.epochs).toBe(3);
    expect(await tensors(broken)).toEqual(await tensors(whole));
  });
});
