/** The training thread's side of a replica on a thread of its own. */
import { Worker } from 'node:worker_threads';
import { AppError, fromErrorInfo, toErrorInfo } from '#shared/errors.ts';
import { entries } from '../../../entries.ts';
import { Barrier } from './barrier.ts';
import type { ReplicaRequest, ReplicaResponse, ReplicaStart } from './replica-messages.ts';

type Answer = ReplicaResponse | { type: 'ended' };

export class ReplicaThread {
  readonly #worker: Worker;
  readonly #exited: Promise<unknown>;
  /** To end. */
  #told = false;
  /** Answers that nobody has asked for yet, and who asks without an answer. */
  readonly #answers: Answer[] = [];
  #asker: ((answer: Answer) => void) | undefined;

  constructor(start: ReplicaStart) {
    // The parent's flags (a debugger, a test runner's loader) are not the thread's.
    this.#worker = new Worker(entries.replica, { workerData: start, execArgv: [] });
    this.#worker.on('message', (response: ReplicaResponse) => this.#receive(response));
    const barrier = new Barrier(start.team.barrier, start.team.replicas);
    const fail = (error: Error) => {
      this.#receive({ type: 'failed', error: toErrorInfo(error) });
      // Nobody is to wait for it.
      barrier.break();
    };
    this.#worker.on('error', (error: Error) => fail(causeOf(error)));
    this.#worker.on('exit', () => {
      if (!this.#told && !barrier.broken) fail(death());
      this.#receive({ type: 'ended' });
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.unref();
  }

  /** The thread reads it when it has passed the barrier. */
  send(request: ReplicaRequest): void {
    this.#told ||= request.type === 'end';
    this.#worker.postMessage(request);
  }

  /** Resolves when the thread has done what it was told. Throws what it failed with. */
  async answer(): Promise<void> {
    const answer = await this.#next();
    if (answer.type === 'failed') throw fromErrorInfo(answer.error);
    if (answer.type === 'ended') throw death();
  }

  /** Why the thread broke the barrier; null if it was not the one. */
  async failure(): Promise<AppError | null> {
    const answer = await this.#next();
    return answer.type === 'failed' ? fromErrorInfo(answer.error) : null;
  }

  /** Resolves when the thread has ended, as it does when told, or when a barrier breaks. */
  async ended(): Promise<void> {
    this.#worker.ref();
    await this.#exited;
  }

  async #next(): Promise<Answer> {
    // Only while somebody waits does the thread keep the process alive.
    this.#worker.ref();
    const answer =
      this.#answers.shift() ?? (await new Promise<Answer>((resolve) => (this.#asker = resolve)));
    this.#worker.unref();
    return answer;
  }

  #receive(answer: Answer): void {
    const asker = this.#asker;
    this.#asker = undefined;
    if (asker) asker(answer);
    else this.#answers.push(answer);
  }
}

function death(): AppError {
  return new AppError('ENGINE_FAILED', 'A thread of the engine ended in the middle of training.', {
    hint: 'Continue the run: what was saved at the last epoch is kept.',
  });
}

/** What an error means that ended a thread. */
function causeOf(error: Error & { code?: string }): Error {
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new AppError('OUT_OF_MEMORY', 'A thread of the engine ran out of memory.', {
        hint: 'Train with a smaller batch.',
        cause: error,
      })
    : error;
}
