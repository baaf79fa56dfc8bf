/** What the engine keeps in a run's folder: the model's description and its checkpoints. */
import { existsSync } from 'node:fs';
import { copyFile, link, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import * as z from 'zod';
import type { Checkpoint } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { modelSpec } from '#shared/model-spec.ts';
import { viewsSpec } from '#shared/views.ts';
import type { BackboneFiles } from '../backbones/backbones.ts';
import { openBackbones } from '../backbones/open.ts';
import { resolveModel, type ResolvedModel } from '../layers/resolve.ts';
import { allEntries, layoutParameters, type ParameterValues } from '../programs/parameters.ts';
import { runFiles, type CheckpointFile } from '../protocol.ts';
import { writeAtomically } from './atomic.ts';
import { decodeSafetensors, encodeSafetensors, type FloatTensor } from './safetensors.ts';

const modelFile = z.object({
  format: z.literal(1),
  spec: modelSpec,
  classNames: z.array(z.string()).min(1),
  seed: z.number().int(),
  parameters: z.number().int(),
  /** How it looks at an image when it answers. */
  views: viewsSpec.nullable().default(null),
  /** Where its pretrained networks lie, from this folder, by the SHA-256 of each file. */
  backbones: z.record(z.string(), z.string()).default({}),
});
export type ModelFile = z.infer<typeof modelFile>;

export async function writeModelFile(
  runDir: string,
  model: Omit<ModelFile, 'format' | 'backbones'> & Partial<Pick<ModelFile, 'backbones'>>,
): Promise<void> {
  const text = JSON.stringify({ format: 1, backbones: {}, ...model } satisfies ModelFile, null, 2);
  await writeAtomically(join(runDir, runFiles.model), [Buffer.from(`${text}\n`)]);
}

/** Throws RUN_NOT_READY if there is none yet, SOURCE_UNREADABLE if it is not what it should be. */
export async function readModelFile(runDir: string): Promise<ModelFile> {
  const file = join(runDir, runFiles.model);
  const bytes = await readRunFile(file, 'This run has no model yet.');
  try {
    return modelFile.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new AppError('SOURCE_UNREADABLE', `${file} is damaged.`, {
      subject: file,
      hint: 'Train again.',
      cause: error,
    });
  }
}

export interface CheckpointState {
  parameters: Iterable<readonly [string, FloatTensor]>;
  /** Optimizer vectors by name. */
  slots: Iterable<readonly [string, Float32Array]>;
  metadata: Readonly<Record<string, string>>;
}

const SLOT_PREFIX = 'optimizer.';

export async function writeCheckpoint(
  runDir: string,
  which: CheckpointFile,
  { parameters, slots, metadata }: CheckpointState,
): Promise<void> {
  const tensors: (readonly [string, FloatTensor])[] = [...parameters];
  for (const [name, data] of slots) {
    tensors.push([SLOT_PREFIX + name, { shape: [data.length], data }]);
  }
  await writeAtomically(
    join(runDir, runFiles.checkpoint(which)),
    encodeSafetensors(tensors, metadata),
  );
}

/** Makes one checkpoint another one too, without writing it twice where links are possible. */
export async function linkCheckpoint(
  runDir: string,
  from: CheckpointFile,
  to: CheckpointFile,
): Promise<void> {
  const source = join(runDir, runFiles.checkpoint(from));
  const target = join(runDir, runFiles.checkpoint(to));
  const temporary = `${target}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  try {
    await link(source, temporary);
  } catch {
    // FAT and some network disks have no links.
    await copyFile(source, temporary);
  }
  await rename(temporary, target);
  // Renaming one link of a file to another one of it does nothing, and leaves both.
  await rm(temporary, { force: true });
}

export function checkpointExists(runDir: string, which: CheckpointFile): boolean {
  return existsSync(join(runDir, runFiles.checkpoint(which)));
}

export async function dropCheckpoint(runDir: string, which: CheckpointFile): Promise<void> {
  await rm(join(runDir, runFiles.checkpoint(which)), { force: true });
}

export interface LoadedCheckpoint {
  parameters: ParameterValues;
  /** Optimizer vectors by name. */
  slots: ReadonlyMap<string, Float32Array>;
  metadata: Readonly<Record<string, string>>;
}

/** Another text for each checkpoint that was written, and for none. */
export async function fingerprint(runDir: string, which: CheckpointFile): Promise<string> {
  const file = join(runDir, runFiles.checkpoint(which));
  const found = await stat(file).catch(() => null);
  return `${file} ${found?.mtimeMs ?? 0} ${found?.size ?? 0}`;
}

export interface LoadedRun extends LoadedCheckpoint {
  file: ModelFile;
  model: ResolvedModel;
}

/** As the model's file has them, so that a project's folder can be moved. */
export function relativeTo(runDir: string, files: BackboneFiles = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([sha256, file]) => [
      sha256,
      relative(runDir, file).replaceAll(sep, '/'),
    ]),
  );
}

function absoluteFrom(runDir: string, files: BackboneFiles): BackboneFiles {
  return Object.fromEntries(
    Object.entries(files).map(([sha256, file]) => [sha256, resolve(runDir, file)]),
  );
}

/** A run's model with the weights of one of its checkpoints. */
export async function loadRun(runDir: string, which: Checkpoint): Promise<LoadedRun> {
  const file = await readModelFile(runDir);
  const backbones = await openBackbones(absoluteFrom(runDir, file.backbones));
  const model = resolveModel(file.spec, file.classNames.length, backbones);
  return { file, model, ...(await loadCheckpoint(runDir, which, model)) };
}

/**
 * Throws RUN_NOT_READY if the checkpoint is not there, SOURCE_UNREADABLE if it is damaged or is not
 * this model's.
 */
export async function loadCheckpoint(
  runDir: string,
  which: CheckpointFile,
  model: ResolvedModel,
): Promise<LoadedCheckpoint> {
  const path = join(runDir, runFiles.checkpoint(which));
  const { tensors, metadata } = decodeSafetensors(
    await readRunFile(path, `This run has no ${which} checkpoint yet.`),
    path,
  );
  const parameters = new Map<string, FloatTensor>();
  for (const { fullName, shape, initializer } of allEntries(layoutParameters(model))) {
    const given = initializer.type === 'given' && !tensors.has(fullName);
    const tensor = given ? { shape, data: initializer.values() } : tensors.get(fullName);
    if (tensor?.shape.join() !== shape.join()) {
      throw new AppError('SOURCE_UNREADABLE', `The checkpoint ${path} does not fit its model.`, {
        subject: path,
        hint: `It lacks ${fullName} of shape ${shape.join('×')}. Train again.`,
      });
    }
    parameters.set(fullName, tensor);
  }
  const slots = new Map<string, Float32Array>();
  for (const [name, { data }] of tensors) {
    if (name.startsWith(SLOT_PREFIX)) slots.set(name.slice(SLOT_PREFIX.length), data);
  }
  return { parameters, slots, metadata };
}

/** Throws as `loadCheckpoint` does. */
export async function readMetadata(
  runDir: string,
  which: CheckpointFile,
): Promise<LoadedCheckpoint['metadata']> {
  const path = join(runDir, runFiles.checkpoint(which));
  const bytes = await readRunFile(path, `This run has no ${which} checkpoint yet.`);
  return decodeSafetensors(bytes, path).metadata;
}

async function readRunFile(file: string, missing: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new AppError('RUN_NOT_READY', missing, {
        subject: file,
        hint: 'Wait for its first epoch to end.',
        cause: error,
      });
    }
    throw new AppError('SOURCE_UNREADABLE', `${file} cannot be read.`, {
      subject: file,
      cause: error,
    });
  }
}
