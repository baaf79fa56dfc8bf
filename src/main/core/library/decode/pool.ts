/** Image decoding in processes that may die: the pool starts, feeds, watches and replaces them. */
import type { Logger } from '../../logger.ts';
import type { Display, Inspection, PixelSize } from './protocol.ts';

/** A file's path, or its bytes. */
export type ImageSource = string | Uint8Array;

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

export class DecoderPool {
  constructor(options: DecoderPoolOptions) {
    void options;
  }

  /**
   * Decodes an image fully and says what it is; optionally writes a thumbnail in the same pass.
   * @throws AppError SOURCE_UNREADABLE with a plain reason, DECODER_FAILED when the process died or
   *   took too long, CANCELLED.
   */
  inspect(
    _source: ImageSource,
    _options?: { thumbnail?: { file: string; edge: number }; signal?: AbortSignal },
  ): Promise<Inspection> {
    throw new Error('being written');
  }

  /** height × width × channels uint8 (HWC), by the canonical resize of `#shared/resize.ts`. */
  pixels(_source: ImageSource, _size: PixelSize, _signal?: AbortSignal): Promise<Uint8Array> {
    throw new Error('being written');
  }

  /** A picture that any browser shows, no edge longer than `edge` if given. */
  display(
    _source: ImageSource,
    _options?: { edge?: number; signal?: AbortSignal },
  ): Promise<Display> {
    throw new Error('being written');
  }

  /** As `data:image/…;base64,…`. */
  thumbnailUrl(_source: ImageSource, _edge = 320, _signal?: AbortSignal): Promise<string> {
    throw new Error('being written');
  }

  /** Ends all processes; waiting work is rejected as cancelled. */
  close(): Promise<void> {
    throw new Error('being written');
  }
}
