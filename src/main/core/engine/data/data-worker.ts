/**
 * A data thread: a program for a worker thread of the engine, started by threads.ts. It makes every
 * `stride`th batch of an epoch ahead of the device, whose thread is blocked while it computes.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorInfo } from '#shared/errors.ts';
import { createProducer, type BatchProducer, type EpochPlan, type Rows } from './producer.ts';
import { claim, publish, type Ring } from './ring.ts';

/** A thread's part of them: those from `first` on, in strides. */
export interface EpochShare extends EpochPlan {
  ring: Ring;
  first: number;
  stride: number;
}

function makeBatches(producer: BatchProducer, rowBytes: number, share: EpochShare): void {
  const { ring, epoch, order, batch, first, stride, steps, from } = share;
  for (let step = first; step < steps; step += stride) {
    const buffer = claim(ring, step - from);
    if (!buffer) return;
    const positions = order.subarray(step * batch, (step + 1) * batch);
    producer.fill(buffer.subarray(0, positions.length * rowBytes), { epoch, step, positions });
    publish(ring, step - from);
  }
}

function guard<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    parentPort?.postMessage(toErrorInfo(error));
    return undefined;
  }
}

const rows = workerData as Rows;
const producer = guard(() => createProducer(rows));
if (producer) {
  parentPort?.on('message', (share: EpochShare) => {
    guard(() => makeBatches(producer, rows.rowBytes, share));
  });
}
