import { Command } from 'commander';
import { defaultVersion } from '#core/default-options.ts';
import { commands } from './commands/index.ts';
import { describeFailure } from './errors.ts';
import { createOutput, type Streams } from './output.ts';
import { createSession, type Session } from './session.ts';

/**
 * Runs one command line.
 * @param argv arguments without the program's own name
 * @param streams where it writes; tests give others
 * @returns the exit code
 */
export async function runCli(argv: string[], streams: Streams = process): Promise<number> {
  // Known before parsing, so that a mistyped option is reported in the right form too.
  const output = createOutput(argv.includes('--json'), streams);
  const abort = new AbortController();
  const interrupt = (): void => {
    // A second Ctrl-C does not wait for anything.
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);

  let session: Session | undefined;
  const program = createProgram(
    streams,
    (host) => (session = createSession(output, abort.signal, host)),
  );
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
    return 0;
  } catch (error) {
    const { message, exitCode } = describeFailure(error);
    // Help and version end parsing by an error that is none.
    if (exitCode !== 0) output.error(message);
    return exitCode;
  } finally {
    await session?.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

export type OpenSession = (host?: 'cli' | 'server') => Session;

function createProgram({ stdout }: Streams, open: OpenSession): Command {
  const program = new Command('fovea')
    .description(
      'Label images, train small classifiers, look inside them, take the model away. Offline.',
    )
    .version(defaultVersion())
    .option('--json', 'print one JSON object a line')
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: () => undefined })
    .exitOverride();
  for (const add of commands) {
    const command = add(program, open);
    // Accepted after the command's name as well as before it.
    command.option('--json', 'print one JSON object a line').exitOverride();
  }
  return program;
}
