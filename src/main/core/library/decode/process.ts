import { fork, type ChildProcess } from 'node:child_process';
import type { DecodeReply, DecodeRequest } from './protocol.ts';

/** The process ended, or was ended for taking too long, while it held a request. */
export class DecoderDied extends Error {
  readonly timedOut: boolean;

  constructor(timedOut: boolean) {
    super(timedOut ? 'The decoder took too long.' : 'The decoder process ended.');
    this.timedOut = timedOut;
  }
}

interface Pending {
  id: number;
  resolve: (reply: DecodeReply) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** One decoder process and the one request it holds. */
export class DecoderProcess {
  readonly #child: ChildProcess;
  #pending: Pending | undefined;
  #timedOut = false;
  #gone = false;

  constructor(entry: string, nodePath: string) {
    this.#child = fork(entry, [], {
      execPath: nodePath,
      execArgv: [],
      serialization: 'advanced',
      // Native libraries print warnings about odd files; they reach the user as reasons instead.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // glibc keeps an arena per thread; with large pictures that is memory never given back.
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
    });
    this.#child.on('message', (reply) => this.#settle(reply as DecodeReply));
    this.#child.on('exit', () => this.#end());
    this.#child.on('error', () => this.#end());
    this.#rest();
  }

  get gone(): boolean {
    return this.#gone;
  }

  request(request: DecodeRequest, timeoutMs: number): Promise<DecodeReply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#timedOut = true;
        this.#child.kill('SIGKILL');
      }, timeoutMs);
      this.#pending = { id: request.id, resolve, reject, timer };
      this.#child.ref();
      this.#child.channel?.ref();
      this.#child.send(request, (error) => {
        if (error) this.#end();
      });
    });
  }

  /** Ends the process; what it held is rejected. */
  kill(): void {
    this.#child.kill('SIGKILL');
    this.#end();
  }

  #settle(reply: DecodeReply): void {
    const pending = this.#pending;
    if (pending?.id !== reply.id) return;
    this.#pending = undefined;
    clearTimeout(pending.timer);
    this.#rest();
    pending.resolve(reply);
  }

  #end(): void {
    this.#gone = true;
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) return;
    clearTimeout(pending.timer);
    pending.reject(new DecoderDied(this.#timedOut));
  }

  /** An idle decoder does not keep this process alive. */
  #rest(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }
}
