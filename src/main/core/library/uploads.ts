import type { Logger } from '../logger.ts';

/** Files that a browser uploads, kept in the data folder until their import ends. */
export class Uploads {
  constructor(options: { dataDir: string; log: Logger; maxBytes?: number }) {
    void options;
  }

  /** Answers the new session's id. */
  create(): string {
    throw new Error('being written');
  }

  /**
   * Streams one file into a session.
   * @throws AppError NOT_FOUND (unknown session), INVALID_INPUT (path leads outside, too large), DISK_FULL.
   */
  write(
    _session: string,
    _relativePath: string,
    _body: ReadableStream<Uint8Array>,
  ): Promise<{ bytes: number }> {
    throw new Error('being written');
  }

  /** Folder of a session. @throws AppError NOT_FOUND */
  directory(_session: string): string {
    throw new Error('being written');
  }

  remove(_session: string): Promise<void> {
    throw new Error('being written');
  }

  /** Removes all sessions. */
  close(): Promise<void> {
    throw new Error('being written');
  }
}
