/** A thread of the engine process that trains beside it: a program for `worker_threads`. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { toErrorInfo } from '#shared/errors.ts';
import { createBackend } from '../../backends/index.ts';
import { BrokenBarrier } from './barrier.ts';
import type { ReplicaRequest, ReplicaResponse, ReplicaStart } from './replica-messages.ts';
import { Replica } from './replica.ts';

const { index, team, backend, threads } = workerData as ReplicaStart;
const replica = new Replica(index, team, createBackend(backend, threads));

function send(response: ReplicaResponse): void {
  parentPort?.postMessage(response);
}

function receive(): ReplicaRequest | undefined {
  const received = parentPort ? receiveMessageOnPort(parentPort) : undefined;
  return received?.message as ReplicaRequest | undefined;
}

/** @returns whether there will be another turn */
async function turn(): Promise<boolean> {
  await replica.meet();
  const request = receive();
  if (request?.type === 'end') return false;
  if (!request) {
    await replica.step();
    return true;
  }
  await replica.compile(request.share);
  send({ type: 'ready' });
  return true;
}

async function work(): Promise<void> {
  send({ type: 'ready' });
  for (;;) {
    try {
      if (!(await turn())) break;
    } catch (error) {
      // When another replica failed, that one tells why.
      if (error instanceof BrokenBarrier) break;
      send({ type: 'failed', error: toErrorInfo(error) });
    }
  }
  await replica.dispose();
}

void work();
