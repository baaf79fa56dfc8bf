/** Writes a checkpoint of a run in the format of another program, and reads it again. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportFormat } from '#shared/contract/index.ts';
import { writeAtomically } from '../checkpoint/atomic.ts';
import { loadRun } from '../checkpoint/run-folder.ts';
import type { CallOptions, ContentsCheck, ExportJob } from '../protocol.ts';
import { compareContents } from './contents.ts';
import type { Contents, Converter, ModelSource } from './converter.ts';
import { coreMlContents, toCoreMl } from './coreml/index.ts';
import { toOnnxFloat16 } from './float16/index.ts';
import { toOnnxInt8 } from './int8/index.ts';
import {
  kerasContents,
  kerasH5Contents,
  kerasProjectContents,
  tfjsContents,
  toKeras,
  toKerasH5,
  toKerasProject,
  toTfjs,
} from './keras/files.ts';
import { toOnnxFile } from './onnx.ts';
import { pyTorchContents, toPyTorch } from './pytorch/index.ts';
import { tfliteContents, tfliteInt8Contents, toTflite, toTfliteInt8 } from './tflite/index.ts';
import { toWebPage } from './web/index.ts';

/** One converter per format; a format that is missing here does not compile. */
const converters: Record<ExportFormat, Converter> = {
  onnx: toOnnxFile,
  'onnx-fp16': toOnnxFloat16,
  'onnx-int8': toOnnxInt8,
  pytorch: toPyTorch,
  keras: toKeras,
  h5: toKerasH5,
  tfjs: toTfjs,
  'keras-project': toKerasProject,
  tflite: toTflite,
  'tflite-int8': toTfliteInt8,
  coreml: toCoreMl,
  web: toWebPage,
};

/** Of the formats that the app cannot run. */
const contents: Partial<Record<ExportFormat, Contents>> = {
  pytorch: pyTorchContents,
  keras: kerasContents,
  h5: kerasH5Contents,
  tfjs: tfjsContents,
  'keras-project': kerasProjectContents,
  tflite: tfliteContents,
  'tflite-int8': tfliteInt8Contents,
  coreml: coreMlContents,
};

export async function exportModel(
  job: ExportJob,
  options: CallOptions = {},
): Promise<{ files: string[] }> {
  const files = await converters[job.format](await sourceOf(job), options);
  for (const [name, pieces] of Object.entries(files)) {
    await writeAtomically(join(job.directory, ...name.split('/')), pieces);
  }
  return { files: Object.keys(files) };
}

/** Compares the numbers in written files with the checkpoint's. */
export async function readExported(job: ExportJob): Promise<ContentsCheck> {
  const format = contents[job.format];
  if (!format) throw new RangeError(`${job.format} files are run, not read`);
  const source = await sourceOf(job);
  const found = await format.found(source, (name) =>
    readFile(join(job.directory, ...name.split('/'))),
  );
  return compareContents(format.expected(source), found);
}

async function sourceOf(job: ExportJob): Promise<ModelSource> {
  const { file, model, parameters, metadata } = await loadRun(job.runDir, job.checkpoint);
  if (job.classNames.length !== model.classes) {
    throw new RangeError(`${job.classNames.length} names for ${model.classes} classes`);
  }
  return {
    spec: file.spec,
    model,
    parameters,
    views: file.views,
    classNames: job.classNames,
    name: job.name,
    metadata: { epoch: metadata['epoch'] ?? '', seed: metadata['seed'] ?? '', ...job.metadata },
    calibration: job.calibration ?? null,
  };
}
