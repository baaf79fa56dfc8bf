import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoveaClient, InspectSource, Run } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { ColorMapName } from '#shared/color-maps.ts';
import type { KernelScale } from '#shared/inspect/kernels.ts';
import type { Picture } from '#shared/inspect/montage.ts';
import { npy } from './npy.ts';
import { png } from './picture.ts';

/** What is asked of a run, and where its answers go. */
export interface InspectTask {
  client: FoveaClient;
  project: string;
  run: Run;
  checkpoint: 'best' | 'last';
  layer: string | undefined;
  image: number | undefined;
  file: string | undefined;
  class: string | undefined;
  channels: number[] | undefined;
  steps: number;
  colors: ColorMapName | undefined;
  scale: KernelScale;
  out: OutFolder;
}

/** Writes files into one folder and remembers them. */
export class OutFolder {
  readonly files: string[] = [];
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async picture(name: string, picture: Picture): Promise<void> {
    await this.#write(`${name}.png`, await png(picture));
  }

  async numbers(name: string, shape: readonly number[], values: Float32Array): Promise<void> {
    await this.#write(`${name}.npy`, npy(shape, values));
  }

  async json(name: string, data: unknown): Promise<void> {
    await this.#write(`${name}.json`, `${JSON.stringify(data, null, 2)}\n`);
  }

  async text(name: string, text: string): Promise<void> {
    await this.#write(name, text);
  }

  async #write(name: string, data: Uint8Array | string): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    // Layers may be called anything.
    const file = join(this.#directory, name.replaceAll(/[^\w.-]+/g, '_'));
    await writeFile(file, data);
    this.files.push(file);
  }
}

/** @throws AppError INVALID_INPUT without a picture */
export function sourceOf({ image, file }: InspectTask): InspectSource {
  if (image !== undefined) return { image };
  if (file !== undefined) return { file };
  throw new AppError('INVALID_INPUT', 'Which picture is to be looked at?', {
    hint: 'Give --image with its number in the library, or --file.',
  });
}

/** Index of the class that is asked about, by its name; undefined for what the model says. */
export function classOf({ run, class: wanted }: InspectTask): number | undefined {
  if (wanted === undefined) return undefined;
  const index = run.classes.indexOf(wanted);
  if (index >= 0) return index;
  throw new AppError('NOT_FOUND', `The run has no class “${wanted}”.`, {
    hint: `It has: ${run.classes.join(', ')}.`,
  });
}

export const floatsOf = async (file: File) => new Float32Array(await file.arrayBuffer());
export const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());
