/** One child process of the engine, and the calls under way in it. */
import { fork, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { AppError, fromErrorInfo } from '#shared/errors.ts';
import type { Logger } from '../logger.ts';
import type { EngineEvent, Listeners, Method, Methods, Request, Response } from './messages.ts';

export interface EngineProcessOptions {
  /** A plain Node executable. */
  nodePath: string;
  /** The program it runs. */
  entry: string;
  threads: number;
  log: Logger;
  /** It is asked whether something works at all: what it prints is no news. */
  onTrial?: boolean;
  /** On top of the app's own environment. */
  env?: Readonly<Record<string, string>> | undefined;
}

interface Pending {
  onEvent?: ((event: EngineEvent) => void) | undefined;
  onProgress?: Listeners['onProgress'];
  resolve(output: Methods[Method][1]): void;
  reject(error: Error): void;
}

export interface StartedCall<M extends Method> {
  id: number;
  result: Promise<Methods[M][1]>;
}

const EXIT_GRACE_MS = 2000;

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #log: Logger;
  readonly #onTrial: boolean;
  readonly #threads: number;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #lastId = 0;
  #ended = false;

  constructor({ nodePath, entry, threads, log, env, onTrial = false }: EngineProcessOptions) {
    this.#log = log;
    this.#onTrial = onTrial;
    this.#threads = threads;
    this.#child = fork(entry, [], {
      execPath: nodePath,
      env: { ...process.env, ...env },
      // The parent's flags (a debugger, a test runner's loader) are not the engine's.
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      windowsHide: true,
    } as Parameters<typeof fork>[2]);
    this.#child.on('message', (message: Response) => this.#receive(message));
    this.#child.on('error', (error) => this.#fail(startFailure(nodePath, error)));
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#fail(death(code, signal));
        resolve();
      });
      this.#child.once('error', () => resolve());
    });
    this.#drain(this.#child.stdout);
    this.#drain(this.#child.stderr);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** False once it died or was closed: start another. */
  get alive(): boolean {
    return !this.#ended && this.#child.connected;
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  call<M extends Method>(
    method: M,
    input: Methods[M][0],
    { onEvent, onProgress }: Listeners<M> = {},
  ): StartedCall<M> {
    const id = ++this.#lastId;
    const result = new Promise<Methods[Method][1]>((resolve, reject) => {
      if (this.#ended) {
        reject(death(null, null));
        return;
      }
      // What an engine sends for this call are the method's own events.
      const listener = onEvent as Pending['onEvent'];
      this.#pending.set(id, { onEvent: listener, onProgress, resolve, reject });
      this.#send({ type: 'call', id, threads: this.#threads, method, input } as Request);
    });
    return { id, result: result };
  }

  cancel(id: number): void {
    this.#send({ type: 'cancel', id });
  }

  /** Of a training: after the epoch, or at the next step. */
  ask(what: 'stop' | 'pause', id: number): void {
    this.#send({ type: what, id });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Ends the process; its open calls fail. Resolves when it is gone. */
  async close(): Promise<void> {
    this.#ended = true;
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.kill(), EXIT_GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #send(request: Request): void {
    if (!this.#child.connected) return;
    this.#child.send(request, (error) => {
      // The 'exit' event that follows fails the open calls; this is only for the log.
      if (error) this.#log.debug({ err: error }, 'engine message not sent');
    });
  }

  #receive(response: Response): void {
    const pending = this.#pending.get(response.id);
    if (!pending) return;
    switch (response.type) {
      case 'event':
        pending.onEvent?.(response.event);
        break;
      case 'progress':
        pending.onProgress?.(response.progress);
        break;
      case 'result':
        this.#pending.delete(response.id);
        pending.resolve(response.output);
        break;
      case 'error':
        this.#pending.delete(response.id);
        if (response.stack !== undefined)
          this.#log.error({ stack: response.stack }, 'engine error');
        pending.reject(fromErrorInfo(response.error));
        break;
    }
  }

  #fail(error: Error): void {
    this.#ended = true;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }

  /** Anything an engine prints is unexpected, so worth a line in the log; on trial, drivers complain. */
  #drain(stream: Readable | null): void {
    const level = this.#onTrial ? 'debug' : 'warn';
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => this.#log[level]({ engine: this.pid }, text.trimEnd()));
  }
}

function startFailure(nodePath: string, cause: Error): AppError {
  return new AppError('ENGINE_FAILED', `The engine cannot be started: ${cause.message}`, {
    subject: nodePath,
    hint: 'Reinstall the app.',
    cause,
  });
}

/** The process ended by itself, or was ended by the system. */
export class EngineDeath extends AppError {
  readonly signal: NodeJS.Signals | null;

  constructor(message: string, signal: NodeJS.Signals | null, hint: string) {
    super('ENGINE_FAILED', message, { hint });
    this.signal = signal;
  }
}

function death(code: number | null, signal: NodeJS.Signals | null): EngineDeath {
  const how = signal
    ? `was ended by ${signal}`
    : code === null
      ? 'is not running'
      : `ended with code ${code}`;
  return new EngineDeath(
    `The engine process ${how}.`,
    signal,
    signal === 'SIGKILL'
      ? 'The system may have run out of memory: try again with a smaller batch.'
      : 'Try again. What was saved at the last epoch is kept.',
  );
}
