/** Asks a real client about the held-out images, compares with the app, and writes the figures down. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { compare } from '#core/exports/proof.ts';
import type { Tolerance } from '#core/exports/format.ts';
import { HELD_OUT } from './data.ts';
import { runPython } from './python.ts';
import type { TrainedModel } from './session.ts';
import { resultsFolder, type Row } from './table.ts';

/** What a client answered, and what it calls itself. */
export interface ClientAnswers {
  client: string;
  data: Float32Array;
}

/** Of files with float32 numbers, and with float16 numbers. */
export const tolerances = {
  float32: { agreement: 1, difference: 1e-4 },
  // Two classes within a ten-thousandth of each other may change places.
  float16: { agreement: 0.999, difference: 1e-2 },
  /** Rounded answers: of a model that learned something, most are the same. */
  int8: { agreement: 0.9, difference: 0.3 },
} satisfies Record<string, Tolerance>;

/**
 * Runs clients/NAME.py DIRECTORY IMAGES OUT: it reads the exported files in the folder and uint8
 * [1000, 28, 28, 1], writes float32 [1000, classes], and prints its name and version.
 */
export async function askPython(
  name: string,
  directory: string,
  { images }: TrainedModel,
): Promise<ClientAnswers> {
  const out = join(directory, '..', `${name}-answers.f32`);
  const program = join(import.meta.dirname, 'clients', `${name}.py`);
  const printed = await runPython(program, directory, images, out);
  return { client: printed.trim().split('\n').at(-1) ?? '', data: floats(readFileSync(out)) };
}

export function floats(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Fails where the client's answers are not the app's; else the figures come into docs/interop.md. */
export function expectParity(
  format: string,
  model: { name: string; classes: number; answers: Float32Array },
  { client, data }: ClientAnswers,
  tolerance: Tolerance,
): void {
  const { classes } = model;
  const app = { images: HELD_OUT, classes, data: model.answers };
  const { agreement, maxDifference } = compare(app, { ...app, data }, tolerance);
  expect({ client, model: model.name, agreement, maxDifference }).toSatisfy(
    () => agreement >= tolerance.agreement && maxDifference <= tolerance.difference,
  );
  const row: Row = {
    format,
    client,
    model: model.name,
    images: HELD_OUT,
    agreement,
    maxDifference,
  };
  mkdirSync(resultsFolder, { recursive: true });
  const file = `${format} ${client} ${model.name}`.replaceAll(/[^\w.-]+/g, '-');
  writeFileSync(join(resultsFolder, `${file}.json`), JSON.stringify(row));
}
