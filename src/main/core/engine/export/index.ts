/** Writes a checkpoint of a run in the format of another program. */
import { join } from 'node:path';
import type { ExportFormat } from '#shared/contract/index.ts';
import { writeAtomically } from '../checkpoint/atomic.ts';
import { loadRun } from '../checkpoint/run-folder.ts';
import type { ExportJob } from '../protocol.ts';
import type { Converter } from './converter.ts';
import { toOnnxFile } from './onnx.ts';

/** One converter per format; a format that is missing here does not compile. */
const converters: Record<ExportFormat, Converter> = {
  onnx: toOnnxFile,
};

export async function exportModel(job: ExportJob): Promise<{ files: string[] }> {
  const { file, model, parameters, metadata } = await loadRun(job.runDir, job.checkpoint);
  if (job.classNames.length !== model.classes) {
    throw new RangeError(`${job.classNames.length} names for ${model.classes} classes`);
  }
  const files = converters[job.format]({
    model,
    parameters,
    views: file.views,
    classNames: job.classNames,
    name: job.name,
    metadata: {
      epoch: metadata['epoch'] ?? '',
      seed: metadata['seed'] ?? '',
      ...job.metadata,
    },
  });
  for (const [name, pieces] of Object.entries(files)) {
    await writeAtomically(join(job.directory, ...name.split('/')), pieces);
  }
  return { files: Object.keys(files) };
}
