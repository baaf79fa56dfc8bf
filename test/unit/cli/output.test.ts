import { describe, expect, it } from 'vitest';
import { createOutput } from '#main/cli/output.ts';
import { duration, percent, plural, table } from '#main/cli/text.ts';

function capture(json: boolean, isTTY: boolean) {
  const written = { stdout: '', stderr: '' };
  const output = createOutput(json, {
    stdout: { write: (text: string | Uint8Array) => ((written.stdout += String(text)), true) },
    stderr: {
      write: (text: string | Uint8Array) => ((written.stderr += String(text)), true),
      isTTY,
      columns: 40,
    },
  });
  return { output, written };
}

describe('createOutput', () => {
  it('prints JSON lines on standard output and nothing else there', () => {
    const { output, written } = capture(true, true);
    output.progress('half way');
    output.result({ event: 'done', added: 3 }, 'Added 3 images.');
    output.error('Went wrong.');
    expect(written.stdout).toBe('{"event":"done","added":3}\n');
  });

  it('prints sentences for people', () => {
    const { output, written } = capture(false, false);
    output.result({ added: 3 }, 'Added 3 images.');
    expect(written).toEqual({ stdout: 'Added 3 images.\n', stderr: '' });
  });

  it('shows progress to a terminal only, cut to its width, and takes it away again', () => {
    const piped = capture(false, false);
    piped.output.progress('half way');
    expect(piped.written.stderr).toBe('');
    const { output, written } = capture(false, true);
    output.progress('x'.repeat(100));
    output.clearProgress();
    expect(written.stderr).toBe(`\r\u001B[2K${'x'.repeat(39)}\r\u001B[2K`);
  });

  it('keeps an error on one line', () => {
    const { output, written } = capture(false, false);
    output.error('First.\n  Second.');
    expect(written.stderr).toBe('First. Second.\n');
  });
});

describe('text', () => {
  it('says durations, shares and counts as people do', () => {
    expect([8.44, 59.6, 200, 7500].map(duration)).toEqual([
      '8.4 s',
      '1 min 0 s',
      '3 min 20 s',
      '2 h 5 min',
    ]);
    expect(percent(0.9104)).toBe('91.04 %');
    expect([plural(1, 'image'), plural(70_000, 'image')]).toEqual(['1 image', '70,000 images']);
  });

  it('lines up tables, numbers to the right', () => {
    expect(
      table(
        ['layer', 'parameters'],
        [
          ['conv', 320],
          ['dense', 73_792],
        ],
      ),
    ).toBe(['layer  parameters', 'conv          320', 'dense      73,792'].join('\n'));
  });
});
