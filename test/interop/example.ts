/** The example that lies beside an export, run on a picture as a user would. */
import { join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import { squares } from '../helpers/idx.ts';
import { runPython } from './python.ts';
import type { InteropSession, TrainedModel } from './session.ts';

/** A photo of another size than the model's. */
export async function writePhoto(folder: string): Promise<string> {
  const file = join(folder, 'a photo.png');
  const pixels = squares(3, 4, 7).subarray(2 * 784);
  await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
    .resize(400, 300, { fit: 'fill' })
    .png()
    .toFile(file);
  return file;
}

/** What the app says of it, in the examples' words. */
export async function appSays(
  { client }: InteropSession,
  { project, run }: TrainedModel,
  file: string,
): Promise<{ top: string; probability: number }> {
  for await (const answer of await client.predict.files({ project, run, files: [file] })) {
    if (!('prediction' in answer)) throw new Error(answer.error);
    const { top, probabilities } = answer.prediction;
    return { top, probability: Math.max(...probabilities) };
  }
  throw new Error('no answer');
}

/** Runs example.py and compares the class and the percentage that it prints. */
export async function expectPythonExample(
  session: InteropSession,
  model: TrainedModel,
  directory: string,
): Promise<void> {
  const photo = await writePhoto(session.folder);
  const printed = await runPython(join(directory, 'example.py'), photo);
  expectSaid(printed, await appSays(session, model, photo));
}

export function expectSaid(printed: string, app: { top: string; probability: number }): void {
  const [, top, share] = /a photo\.png: (.+) \((\d+\.\d) ?%\)/.exec(printed) ?? [];
  expect(top).toBe(app.top);
  expect(Math.abs(Number(share) - app.probability * 100)).toBeLessThan(0.1);
}
