/** A model that another program trained, as a run's folder: its spec, and its weights as a checkpoint. */
import { basename } from 'node:path';
import * as z from 'zod';
import { AppError } from '#shared/errors.ts';
import { writeCheckpoint, writeModelFile } from '../checkpoint/run-folder.ts';
import { checkModel } from '../layers/summary.ts';
import type { ImportedModel, ImportModelJob } from '../protocol.ts';
import { readKerasModel } from './keras/index.ts';
import { readWhole } from './read-whole.ts';
import { weightsOf } from './state-dict/index.ts';
import { looksLikeSafetensors, readSafetensors } from './state-dict/safetensors.ts';
import { looksLikeTorch, readTorch } from './state-dict/torch.ts';
import type { StateDict } from './state-dict/tensors.ts';
import type { ForeignModelRead } from './types.ts';

/** @throws AppError NOT_FOUND, SOURCE_UNREADABLE, MODEL_INVALID */
export async function importModel(job: ImportModelJob): Promise<ImportedModel> {
  const { spec, classNames, parameters } = await read(job, await readWhole(job.file));
  const { summary } = checkModel(spec, classNames.length);
  const seed = 1;
  const about = { spec, classNames, seed, parameters: summary.parameters, views: null };
  await writeModelFile(job.runDir, about);
  for (const which of ['last', 'best'] as const) {
    await writeCheckpoint(job.runDir, which, {
      parameters,
      slots: [],
      metadata: { seed: String(seed) },
    });
  }
  return { spec, classNames, parameters: summary.parameters };
}

/** By what the file begins with, or has inside. */
async function read(job: ImportModelJob, bytes: Uint8Array): Promise<ForeignModelRead> {
  const subject = basename(job.file);
  const dict = looksLikeSafetensors(bytes)
    ? readSafetensors(bytes, subject)
    : looksLikeTorch(bytes)
      ? readTorch(bytes, subject)
      : null;
  if (dict) return stateDict(job, dict, subject);
  if (job.spec) {
    throw new AppError('INVALID_INPUT', `${subject} says itself which model it is.`, { subject });
  }
  return await readKerasModel(job, bytes);
}

const names = z.array(z.string().min(1)).min(2).max(10_000);

function stateDict(job: ImportModelJob, dict: StateDict, subject: string): ForeignModelRead {
  const classNames = job.classNames ?? classesIn(dict) ?? job.otherwise;
  const { pixels, spec } = job;
  return { ...weightsOf(dict, spec, classNames.length, { subject, pixels }), classNames };
}

function classesIn({ metadata }: StateDict): string[] | null {
  try {
    return names.parse(JSON.parse(metadata['classes'] ?? 'null'));
  } catch {
    return null;
  }
}
