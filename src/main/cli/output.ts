/**
 * What the command line says. With `--json`, standard output carries one JSON object a line and
 * nothing else; otherwise sentences. Progress is for people: standard error, and only a terminal.
 */

export interface Output {
  readonly json: boolean;
  /** One result: the object as a line of JSON, or its text for people. */
  result(data: object, text: string): void;
  /** Replaces the current progress line; does nothing when nobody watches. */
  progress(text: string): void;
  /** Takes the progress line away, so that what follows starts on a clean line. */
  clearProgress(): void;
  /** One line on standard error. */
  error(message: string): void;
}

export interface Streams {
  stdout: Pick<NodeJS.WriteStream, 'write'>;
  stderr: Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'columns'>;
}

export function createOutput(json: boolean, streams: Streams = process): Output {
  const { stdout, stderr } = streams;
  let shown = false;

  const clearProgress = (): void => {
    if (shown) stderr.write('\r\u001B[2K');
    shown = false;
  };

  return {
    json,
    result(data, text) {
      clearProgress();
      stdout.write(json ? `${JSON.stringify(data)}\n` : `${text}\n`);
    },
    progress(text) {
      if (!stderr.isTTY) return;
      // A longer line would wrap, and only its last row could be taken away again.
      stderr.write(`\r\u001B[2K${text.slice(0, Math.max(20, (stderr.columns || 80) - 1))}`);
      shown = true;
    },
    clearProgress,
    error(message) {
      clearProgress();
      stderr.write(`${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
    },
  };
}
