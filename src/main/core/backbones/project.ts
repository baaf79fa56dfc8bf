/** The pretrained networks that a project's runs use: it keeps a copy of each, and can be moved. */
import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#shared/errors.ts';
import { eachLayer } from '#shared/layer-tree.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { BackboneFiles, Backbones } from '../engine/backbones/backbones.ts';
import type { ImportedGraph } from '../engine/import/types.ts';
import { partialName, toFileError } from '../util/files.ts';
import { descriptionFile, readBackbone, type KnownBackbone } from './files.ts';
import type { BackboneLibrary } from './library.ts';

/** The SHA-256 of each network in a model. */
export function backbonesOf({ layers }: Pick<ModelSpec, 'layers'>): string[] {
  const found = eachLayer(layers).flatMap((layer) =>
    layer.type === 'backbone' ? [layer.model] : [],
  );
  return [...new Set(found)];
}

export class ProjectBackbones implements Backbones {
  readonly #folder: string;
  readonly #library: BackboneLibrary;
  readonly #known = new Map<string, KnownBackbone>();

  /** @param folder of the project's copies */
  constructor(folder: string, library: BackboneLibrary) {
    this.#folder = folder;
    this.#library = library;
  }

  get(sha256: string): ImportedGraph | undefined {
    return this.find(sha256)?.graph;
  }

  /** The project's copy, or the library's where it has none. */
  find(sha256: string): KnownBackbone | undefined {
    const kept = this.#known.get(sha256);
    if (kept) return kept;
    const file = this.#file(sha256);
    const own = existsSync(file) ? readBackbone(file) : null;
    // Its name says which it is: what its description says counts for nothing.
    if (own?.sha256 !== sha256) return this.#library.find(sha256);
    this.#known.set(sha256, own);
    return own;
  }

  /**
   * Where a model's networks lie.
   * @throws AppError NOT_FOUND
   */
  files(spec: Pick<ModelSpec, 'layers'>): BackboneFiles {
    return Object.fromEntries(
      backbonesOf(spec).map((sha256) => [sha256, this.#require(sha256).file]),
    );
  }

  /**
   * Copies what a run is going to use.
   * @throws AppError NOT_FOUND, DISK_FULL
   */
  async keep(spec: Pick<ModelSpec, 'layers'>): Promise<BackboneFiles> {
    for (const sha256 of backbonesOf(spec)) {
      const target = this.#file(sha256);
      const { file } = this.#require(sha256);
      if (file === target) continue;
      await mkdir(this.#folder, { recursive: true });
      // The description last: without it the file is not there.
      await copyWhole(file, target);
      await copyWhole(descriptionFile(file), descriptionFile(target));
    }
    return this.files(spec);
  }

  #file(sha256: string): string {
    return join(this.#folder, `${sha256}.onnx`);
  }

  #require(sha256: string): KnownBackbone {
    const found = this.find(sha256);
    if (found) return found;
    throw new AppError(
      'NOT_FOUND',
      `The pretrained network ${sha256.slice(0, 12)} is neither in this project nor on this computer.`,
      { subject: sha256, hint: 'Add its file to the backbones of this computer.' },
    );
  }
}

async function copyWhole(from: string, to: string): Promise<void> {
  const partial = partialName(to);
  try {
    // On disks that can, both share their bytes.
    await copyFile(from, partial, constants.COPYFILE_FICLONE);
    await rename(partial, to);
  } catch (error) {
    throw toFileError(error, to);
  } finally {
    await rm(partial, { force: true });
  }
}
