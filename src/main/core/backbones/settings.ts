/** What users say of pretrained networks, by SHA-256: in one small file beside them. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { AppError } from '#shared/errors.ts';
import { preprocessing } from '#shared/preprocessing.ts';
import type { ImportedGraph } from '../engine/import/types.ts';
import { writeFileAtomic } from '../util/files.ts';

const chosen = z.object({
  name: z.string().optional(),
  preprocessing: preprocessing.optional(),
  /** Where it is usually cut. */
  cut: z.string().optional(),
  trainedOn: z.string().optional(),
});
export type ChosenSettings = z.infer<typeof chosen>;

/** Null takes back what was said; what is left out stays. */
export type SettingChanges = {
  [K in keyof ChosenSettings]?: ChosenSettings[K] | null;
};

const file = z.partialRecord(z.string(), chosen);
type All = z.infer<typeof file>;

export class NetworkSettings {
  readonly #file: string;

  constructor(path: string) {
    this.#file = path;
  }

  /** Nothing where the file is missing or is none: all of it can be said again. */
  all(): All {
    try {
      return file.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      return {};
    }
  }

  change(sha256: string, changes: SettingChanges): void {
    const all = this.all();
    const said = { ...all[sha256], ...changes };
    const next = Object.entries(said).filter(([, value]) => (value ?? null) !== null);
    this.#write({ ...all, [sha256]: chosen.parse(Object.fromEntries(next)) });
  }

  forget(sha256: string): void {
    const { [sha256]: gone, ...rest } = this.all();
    if (gone) this.#write(rest);
  }

  #write(all: All): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileAtomic(this.#file, JSON.stringify(all));
  }
}

/** @throws AppError INVALID_INPUT for what this network cannot be given */
export function checkChanges(
  { nodes, input }: Pick<ImportedGraph, 'nodes' | 'input'>,
  { cut, preprocessing: pixels }: SettingChanges,
): void {
  const giving = (name: string) => nodes.some(({ outputs, shape }) => shape && outputs[0] === name);
  if (cut && !giving(cut)) {
    throw new AppError('INVALID_INPUT', `This network has no '${cut}' to be cut at.`, {
      subject: cut,
    });
  }
  if (!pixels) return;
  const { mean, std, height, width, channels } = pixels;
  const count = channels === 'grey' ? 1 : 3;
  if (mean.length !== std.length || mean.length !== count || count !== input.channels) {
    throw new AppError(
      'INVALID_INPUT',
      `This network takes ${input.channels} channels: it needs as many means and deviations.`,
    );
  }
  const fits = (own: number | null, said: number) => own === null || own === said;
  if (!fits(input.height, height) || !fits(input.width, width)) {
    throw new AppError(
      'INVALID_INPUT',
      `This network only takes pictures of ${input.height ?? height} × ${input.width ?? width} pixels.`,
    );
  }
}
