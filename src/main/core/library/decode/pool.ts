/** Image decoding in processes that may die: the pool starts, feeds, watches and replaces them. */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { AppError } from '#shared/errors.ts';
import { entries } from '../../entries.ts';
import type { Logger } from '../../logger.ts';
import { DecoderDied, DecoderProcess } from './process.ts';
import type {
  DecodeJobs,
  DecodeKind,
  DecodeReply,
  DecodeRequest,
  Display,
  Identity,
  ImageSource,
  Inspection,
  PixelSize,
  WordsPicture,
  WordsRequest,
} from './protocol.ts';

export type { Display, Identity, ImageSource, Inspection, PixelSize } from './protocol.ts';

export interface DecoderPoolOptions {
  /** The plain Node executable. */
  nodePath: string;
  log: Logger;
  /** Processes at most; default 2 to 4 by the machine's cores. */
  size?: number;
  /** For one image; after that its process is killed. Default 60 s. */
  timeoutMs?: number;
  /** Program to start; tests give one that misbehaves. */
  entry?: string;
}

interface Options {
  signal?: AbortSignal | undefined;
}

interface Waiting {
  request: DecodeRequest;
  /** For messages: what the bytes are of. */
  subject: string;
  signal: AbortSignal | undefined;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

const IDLE_MS = 30_000;

export class DecoderPool {
  /** How many images are decoded at a time: more requests than this only wait. */
  readonly size: number;
  readonly #options: DecoderPoolOptions;
  readonly #timeoutMs: number;
  readonly #idle: DecoderProcess[] = [];
  readonly #busy = new Set<DecoderProcess>();
  readonly #queue: Waiting[] = [];
  #nextId = 1;
  #idleTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DecoderPoolOptions) {
    this.#options = options;
    this.size = options.size ?? Math.min(4, Math.max(2, availableParallelism() - 1));
    this.#timeoutMs = options.timeoutMs ?? 60_000;
  }

  /** Hash and size of a file, decoding nothing. */
  identify(source: ImageSource, options: Options = {}): Promise<Identity> {
    return this.#ask('identify', { source }, source, options.signal);
  }

  /**
   * Decodes an image fully and says what it is; with `edge`, makes a thumbnail in the same pass.
   * @throws AppError SOURCE_UNREADABLE with a plain reason, DECODER_FAILED when the process died or
   *   took too long, CANCELLED. See `decodeReason` for the reason alone.
   */
  inspect(
    source: ImageSource,
    options: Options & { edge?: number } = {},
  ): Promise<{ info: Inspection; thumbnail: Uint8Array | null }> {
    return this.#ask('inspect', { source, edge: options.edge ?? null }, source, options.signal);
  }

  /** height × width × channels uint8 (HWC), by the canonical resize of `#shared/resize.ts`. */
  pixels(source: ImageSource, size: PixelSize, options: Options = {}): Promise<Uint8Array> {
    return this.#ask('pixels', { source, size }, source, options.signal);
  }

  /** A picture that any browser shows, no edge longer than `edge` if given. */
  display(source: ImageSource, options: Options & { edge?: number } = {}): Promise<Display> {
    return this.#ask('display', { source, edge: options.edge ?? null }, source, options.signal);
  }

  /** As `data:image/…;base64,…`. */
  async thumbnailUrl(
    source: ImageSource,
    options: Options & { edge?: number } = {},
  ): Promise<string> {
    const { bytes, type } = await this.display(source, { edge: 320, ...options });
    return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
  }

  /** Words as a picture, in the fonts of this computer: for what cannot lay out their script. */
  words(request: WordsRequest, options: Options = {}): Promise<WordsPicture> {
    return this.#ask('words', request, new Uint8Array(), options.signal);
  }

  /** Raw grey or RGB pixels as a PNG file. */
  encode(
    picture: { data: Uint8Array; height: number; width: number; channels: number },
    options: Options = {},
  ): Promise<Uint8Array> {
    return this.#ask('encode', picture, picture.data, options.signal);
  }

  /** Ends all processes; what waits is rejected as cancelled. */
  close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    for (const waiting of this.#queue.splice(0)) waiting.reject(cancelled());
    for (const decoder of [...this.#busy, ...this.#idle.splice(0)]) decoder.kill();
    return Promise.resolve();
  }

  #ask<K extends DecodeKind>(
    kind: K,
    body: DecodeJobs[K]['request'],
    source: ImageSource,
    signal: AbortSignal | undefined,
  ): Promise<DecodeJobs[K]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#closed || signal?.aborted) {
        reject(cancelled());
        return;
      }
      const request = { id: this.#nextId++, kind, ...body } as DecodeRequest;
      const subject = typeof source === 'string' ? basename(source) : 'the image';
      this.#queue.push({
        request,
        subject,
        signal,
        reject,
        resolve: resolve as (value: unknown) => void,
      });
      this.#feed();
    });
  }

  #feed(): void {
    while (this.#queue.length > 0) {
      const decoder = this.#take();
      if (!decoder) return;
      const waiting = this.#queue.shift()!;
      if (waiting.signal?.aborted) {
        waiting.reject(cancelled());
        this.#release(decoder);
      } else {
        this.#busy.add(decoder);
        void this.#work(decoder, waiting);
      }
    }
    this.#idleTimer ??= setTimeout(() => this.#shrink(), IDLE_MS).unref();
  }

  #take(): DecoderProcess | undefined {
    for (let decoder = this.#idle.pop(); decoder; decoder = this.#idle.pop()) {
      if (!decoder.gone) return decoder;
    }
    if (this.#busy.size >= this.size) return undefined;
    return new DecoderProcess(this.#options.entry ?? entries.decoder, this.#options.nodePath);
  }

  async #work(decoder: DecoderProcess, waiting: Waiting): Promise<void> {
    const { signal } = waiting;
    // A large picture may take seconds: whoever cancels does not wait for it.
    const abandon = (): void => waiting.reject(cancelled());
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      const reply = await decoder.request(waiting.request, this.#timeoutMs);
      if (reply.ok) waiting.resolve(reply.value);
      else waiting.reject(unreadable(waiting.subject, reply));
    } catch (error) {
      waiting.reject(this.#closed ? cancelled() : this.#failed(waiting.subject, error));
    } finally {
      signal?.removeEventListener('abort', abandon);
      this.#busy.delete(decoder);
      this.#release(decoder);
      if (!this.#closed) this.#feed();
    }
  }

  #release(decoder: DecoderProcess): void {
    if (!decoder.gone && !this.#closed) this.#idle.push(decoder);
    else if (this.#closed) decoder.kill();
  }

  #failed(subject: string, error: unknown): AppError {
    const timedOut = error instanceof DecoderDied && error.timedOut;
    this.#options.log.warn({ err: error, file: subject }, 'a decoder process ended');
    const reason = timedOut
      ? `took longer than ${Math.round(this.#timeoutMs / 1000)} s to decode`
      : 'made the image decoder crash';
    return new AppError('DECODER_FAILED', `${subject} ${reason}.`, { subject, cause: { reason } });
  }

  /** Idle processes hold memory: all of them go after a while without work. */
  #shrink(): void {
    this.#idleTimer = undefined;
    if (this.#busy.size > 0) this.#idleTimer = setTimeout(() => this.#shrink(), IDLE_MS).unref();
    else for (const decoder of this.#idle.splice(0)) decoder.kill();
  }
}

function unreadable(subject: string, reply: DecodeReply & { ok: false }): AppError {
  const { reason, code } = reply;
  return new AppError(
    code === 'ENOSPC' ? 'DISK_FULL' : 'SOURCE_UNREADABLE',
    `${subject} ${reason}.`,
    { subject, cause: { reason } },
  );
}

/** Why a file could not be decoded, to follow its name: 'is damaged: it is cut off'. */
export function decodeReason(error: AppError): string {
  const { cause } = error;
  if (typeof cause === 'object' && cause !== null && 'reason' in cause) return String(cause.reason);
  return error.message;
}

function cancelled(): AppError {
  return new AppError('CANCELLED', 'Cancelled.');
}
