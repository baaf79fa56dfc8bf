/** What a pretrained network makes of images, as a file for other programs. */
import { open, rename, rm } from 'node:fs/promises';
import type { ModelSpec } from '#shared/model-spec.ts';
import { AppError } from '#shared/errors.ts';
import { backboneModel } from '#shared/backbone-model.ts';
import type { CoreContext } from '../context.ts';
import { elements } from '../engine/graph/shape.ts';
import { firstLayers } from '../engine/backbones/prefix.ts';
import type { TensorSet } from '../engine/protocol.ts';
import type { JobControl, JobResult } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import { readableSet } from '../runs/image-set.ts';
import { partialName, toFileError } from '../util/files.ts';
import { npyHeader } from '../util/npy.ts';
import { backboneInfoOf } from './describe.ts';
import { ensureFeatures } from './features.ts';
import type { LibraryEntry } from './library.ts';

interface Request {
  backbone: string;
  cut?: string | undefined;
  images?: readonly number[] | undefined;
  pool: boolean;
  file: string;
  format: 'npy' | 'csv';
}

type Dependencies = Pick<CoreContext, 'engine' | 'jobs' | 'backbones'>;

/** @throws AppError NOT_FOUND, MODEL_INVALID, NOT_ENOUGH_DATA */
export function startFeatures(
  context: Dependencies,
  project: Project,
  request: Request,
): { job: string } {
  const found = context.backbones.require(request.backbone);
  const spec = featureSpec(found, request);
  const model = firstLayers(spec, spec.layers.length, project.backbones);
  const [channels = 1, ...area] = [...(model.layers.at(-1)?.output ?? [])].reverse();
  const shape = [channels, ...area.reverse()];
  const images = request.images ?? project.store.images.ids();
  if (images.length === 0) throw new AppError('NOT_ENOUGH_DATA', 'There are no images.');
  const { id } = context.jobs.start(
    {
      kind: 'features',
      project: project.id,
      title: `Features · ${backboneInfoOf(found).name}`,
      unit: 'images',
    },
    (control) => writeFeatures(context, project, { ...request, images, spec, shape }, control),
  );
  return { job: id };
}

/** What gives out a network's answer at a cut; maps by their means where these are asked for. */
export function featureSpec(
  entry: LibraryEntry,
  { cut, pool }: { cut?: string | undefined; pool: boolean },
): Pick<ModelSpec, 'name' | 'input' | 'layers'> {
  const info = backboneInfoOf(entry);
  const at = cut ?? info.cut;
  const { layers, input } = backboneModel(info, { cut: at });
  const maker = entry.graph.nodes.find(({ outputs }) => outputs[0] === at);
  const maps = (maker?.shape?.length ?? 0) > 2;
  const pooled = pool && maps ? [{ type: 'globalaveragepool2d' as const }] : [];
  return { name: 'features', input, layers: [...layers, ...pooled] };
}

interface Work extends Required<Pick<Request, 'file' | 'format'>> {
  images: readonly number[];
  spec: Pick<ModelSpec, 'name' | 'input' | 'layers'>;
  /** Of one image: [units] or [channels, height, width]. */
  shape: number[];
}

async function writeFeatures(
  { engine }: Dependencies,
  project: Project,
  { images, spec, shape, file, format }: Work,
  control: JobControl,
): Promise<JobResult> {
  const { signal } = control;
  control.phase('Decoding images');
  const onProgress = (done: number, total: number) => control.progress(done, total);
  const set = await readableSet(project, images, spec.input, { signal, onProgress });
  control.phase('Looking at the images');
  const layers = spec.layers.length;
  const known = await ensureFeatures(engine, project, { spec, layers, set, signal, onProgress });
  control.phase('Writing the file');
  const partial = partialName(file);
  try {
    const handle = await open(partial, 'wx');
    try {
      const count = known.slots.length;
      if (format === 'npy') await handle.write(npyHeader([count, ...shape]));
      else await handle.write(csvHeader(elements(shape)));
      for await (const { row, values } of rowsOf(known)) {
        signal.throwIfAborted();
        const line =
          format === 'npy' ? bytesOf(values) : csvLine(project, set.images![row]!, values);
        await handle.write(line as Uint8Array);
      }
    } finally {
      await handle.close();
    }
    await rename(partial, file);
    return { type: 'features', file, images: known.slots.length, shape };
  } catch (error) {
    throw toFileError(error, file);
  } finally {
    await rm(partial, { force: true });
  }
}

async function* rowsOf({ source, slots, width }: TensorSet) {
  if (source.kind !== 'pack') throw new TypeError('features lie in a pack');
  const handle = await open(source.file, 'r');
  try {
    const bytes = width * Float32Array.BYTES_PER_ELEMENT;
    for (const [row, slot] of slots.entries()) {
      const values = new Float32Array(width);
      await handle.read(bytesOf(values), 0, bytes, slot * bytes);
      yield { row, values };
    }
  } finally {
    await handle.close();
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function csvHeader(width: number): Buffer {
  const columns = Array.from({ length: width }, (_, index) => `f${index}`);
  return Buffer.from(`${['image', 'name', 'label', ...columns].join(',')}\n`);
}

function csvLine({ store }: Project, image: number, values: Float32Array): Buffer {
  const [row] = store.images.rows([image]);
  const label = store.classes.list().find(({ id }) => id === row?.classId)?.name ?? '';
  return Buffer.from(`${[image, quoted(row?.name ?? ''), quoted(label), ...values].join(',')}\n`);
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
