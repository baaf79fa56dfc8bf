/** Checkpoints as files of other programs: the formats, and the two calls of the engine on them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '../checkpoint/atomic.ts';
import { loadRun } from '../checkpoint/run-folder.ts';
import type { CallOptions, ContentsCheck, ExportJob } from '../protocol.ts';
import { compareContents } from './contents.ts';
import { onnx } from './onnx.ts';
import type { ModelFormat, ModelSource } from './types.ts';

/** One file or folder per format in this folder. */
const formats = { onnx } satisfies Record<string, ModelFormat>;
export type ModelFormatId = keyof typeof formats;

const formatOf = (id: ModelFormatId): ModelFormat => formats[id];

async function sourceOf(job: ExportJob): Promise<ModelSource> {
  const { file, model, parameters, metadata } = await loadRun(job.runDir, job.checkpoint);
  if (job.classNames.length !== model.classes) {
    throw new RangeError(`${job.classNames.length} names for ${model.classes} classes`);
  }
  return {
    name: job.name,
    model,
    spec: file.spec,
    parameters,
    views: file.views,
    classNames: job.classNames,
    metadata: { epoch: metadata['epoch'] ?? '', seed: metadata['seed'] ?? '', ...job.metadata },
    calibration: job.calibration,
  };
}

/** @returns the names of the files that were written */
export async function exportModel(job: ExportJob, options: CallOptions = {}): Promise<string[]> {
  const files = await formatOf(job.format).write(await sourceOf(job), options);
  for (const { name, pieces } of files) await writeAtomically(join(job.directory, name), pieces);
  return files.map(({ name }) => name);
}

export async function readExported(job: ExportJob): Promise<ContentsCheck> {
  const { contents } = formatOf(job.format);
  if (!contents) throw new RangeError(`${job.format} files are run, not read`);
  const source = await sourceOf(job);
  const found = await contents.found(source, (name) => readFile(join(job.directory, name)));
  return compareContents(contents.expected(source), found);
}
