/** A foreign model of Keras layers: its spec and its weights. */
import { basename } from 'node:path';
import type { LayerSpec } from '#shared/model-spec.ts';
import { modelSpec } from '#shared/model-spec.ts';
import { resolveModel } from '../../layers/resolve.ts';
import type { ImportModelJob } from '../../protocol.ts';
import type { ForeignModelRead } from '../types.ts';
import { unsupported, type ForeignFile } from './foreign.ts';
import { openForeign } from './files.ts';
import { structureOf } from './structure.ts';
import { readWeights } from './weights.ts';

/** @throws AppError NOT_FOUND, SOURCE_UNREADABLE, MODEL_INVALID */
export async function readKerasModel(
  job: ImportModelJob,
  bytes: Uint8Array,
): Promise<ForeignModelRead> {
  const file = await openForeign(job.file, bytes);
  try {
    return read(job, file);
  } finally {
    file.close();
  }
}

function read(job: ImportModelJob, file: ForeignFile): ForeignModelRead {
  const subject = basename(job.file);
  const structure = structureOf(file.model, subject);
  const classNames = job.classNames ?? file.classes ?? job.otherwise;
  const [height, width, channels] = file.model.input;
  const parsed = modelSpec.safeParse({
    name: file.model.name.slice(0, 100),
    input: { height, width, channels },
    layers: toClasses(fromUnit(structure.layers, job.pixels), classNames.length),
    loss: structure.loss,
    ...(structure.members > 1 ? { members: structure.members } : {}),
    optimizer: { type: 'adam' },
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unsupported(
      subject,
      `its ${issue?.path.join('.') ?? ''} cannot be used: ${issue?.message ?? ''}`,
    );
  }
  const spec = parsed.data;
  const model = resolveModel(spec, classNames.length);
  const parameters = readWeights(file, structure, model, subject);
  return { spec, classNames, parameters };
}

/**
 * Pixels arrive as 0 to 1 here. Where the model begins with a rescaling it takes 0 to 255, and where it
 * begins otherwise 0 to 1, unless it was said.
 */
function fromUnit(layers: readonly LayerSpec[], pixels: ImportModelJob['pixels']): LayerSpec[] {
  const [first, ...rest] = layers;
  const rescales = first?.type === 'rescaling';
  const means = first?.type === 'normalization' ? Math.max(...first.mean) : 0;
  const bytes = pixels === null ? rescales || means > 1 : pixels === '0-255';
  if (!bytes) return [...layers];
  if (!rescales) return [{ type: 'rescaling', scale: 255 }, ...layers];
  const { scale, offset = 0 } = first;
  const plain = Math.abs(scale * 255 - 1) < 1e-6 && offset === 0;
  return plain ? rest : [{ ...first, scale: scale * 255 }, ...rest];
}

/** The last dense layer gives one output a class, whatever their number. */
function toClasses(layers: readonly LayerSpec[], classes: number): LayerSpec[] {
  const at = layers.findLastIndex(({ type }) => type !== 'activation' && type !== 'dropout');
  const last = layers[at];
  if (!last) return [...layers];
  const changed = { ...last };
  if (changed.type === 'dense' && changed.units === classes) changed.units = 'classes';
  if (changed.type === 'branches') {
    changed.branches = changed.branches.map((part) => toClasses(part, classes));
  }
  return layers.with(at, changed);
}
