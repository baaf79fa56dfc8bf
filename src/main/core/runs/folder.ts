/**
 * The folder of a run, `runs/<id>/`, as far as the core writes it:
 *
 * - `run.json`: what was asked for and what came of it, for people and other programs
 * - `metrics.csv`: one line an epoch
 * - `model.json`, `checkpoints/`: the engine's (see engine/protocol.ts)
 *
 * The project's database is what the app itself reads; these files are for whoever has the folder.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { appendFile, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint, EpochMetrics } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { runFiles, type CheckpointFile } from '../engine/protocol.ts';
import type { StoredRun } from '../store/runs.ts';
import { toFileError, writeFileAtomic } from '../util/files.ts';

const CSV_HEADER =
  'epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,images_per_second,seconds,data_wait,sure\n';

export async function createRunFolder(directory: string, run: StoredRun): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await appendFile(join(directory, 'metrics.csv'), CSV_HEADER);
  } catch (error) {
    throw toFileError(error, directory);
  }
  writeRunFile(directory, run);
}

export function writeRunFile(directory: string, run: StoredRun): void {
  const record = {
    format: 1,
    run: run.id,
    name: run.name,
    notes: run.notes,
    status: run.status,
    created: new Date(run.createdAt).toISOString(),
    finished: run.finishedAt === null ? null : new Date(run.finishedAt).toISOString(),
    seconds: run.seconds,
    options: run.options,
    engine: run.engine,
    versions: run.versions,
    classes: run.classes.map(({ name }) => name),
    data: {
      train: run.trainImages,
      validation: run.validationImages,
      ...(run.unlabeledImages > 0 ? { unlabeled: run.unlabeledImages } : {}),
    },
    parameters: run.parameters,
    warnings: run.warnings,
    error: run.error,
    ending: run.ending,
    spec: run.spec,
  };
  writeFileAtomic(join(directory, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
}

export async function appendMetrics(directory: string, metrics: EpochMetrics): Promise<void> {
  const line = [
    metrics.epoch,
    metrics.loss,
    metrics.accuracy,
    metrics.valLoss ?? '',
    metrics.valAccuracy ?? '',
    metrics.learningRate,
    metrics.imagesPerSecond,
    metrics.seconds,
    metrics.dataWait ?? '',
    metrics.sure ?? '',
  ].join(',');
  await appendFile(join(directory, 'metrics.csv'), `${line}\n`);
}

export async function removeRunFolder(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    throw toFileError(error, directory);
  }
}

export function existingCheckpoints(directory: string): Checkpoint[] {
  const both: Checkpoint[] = ['best', 'last'];
  return both.filter((which) => existsSync(join(directory, runFiles.checkpoint(which))));
}

/** Whether there is anything to go on from; a run paused in its first epoch has no model yet. */
export function canResumeFrom(directory: string): boolean {
  const files: CheckpointFile[] = ['last', 'resume'];
  return files.some((file) => existsSync(join(directory, runFiles.checkpoint(file))));
}

/** File → its hash, while size, time and inode say that it is the same file. */
const hashes = new Map<string, { stamp: string; sha256: string }>();

/**
 * SHA-256 of a checkpoint's bytes: what an evaluation was made with.
 * @throws AppError RUN_NOT_READY when there is no such checkpoint
 */
export async function checkpointSha256(
  directory: string,
  run: string,
  which: Checkpoint,
): Promise<string> {
  const file = join(directory, runFiles.checkpoint(which));
  const stats = await stat(file, { bigint: true }).catch(() => null);
  if (!stats) {
    throw new AppError('RUN_NOT_READY', `Run ${run} has no ${which} checkpoint yet.`, {
      subject: run,
      hint: 'Wait for its first epoch to end, or choose another run.',
    });
  }
  const stamp = `${stats.size}:${stats.mtimeNs}:${stats.ino}`;
  const known = hashes.get(file);
  if (known?.stamp === stamp) return known.sha256;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const sha256 = hash.digest('hex');
  hashes.set(file, { stamp, sha256 });
  return sha256;
}
