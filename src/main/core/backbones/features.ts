/** Answers of a model's unchanging first layers, in the project's cache: each image's are computed once. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AugmentationSpec } from '#shared/augmentation.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { firstLayers } from '../engine/backbones/prefix.ts';
import { elements } from '../engine/graph/shape.ts';
import type { Engine, FeatureJob, TensorSet } from '../engine/protocol.ts';
import { PackFile } from '../library/pack-file.ts';
import type { Project } from '../projects/project.ts';
import { toFileError } from '../util/files.ts';

export interface FeaturesRequest {
  spec: Pick<ModelSpec, 'name' | 'input' | 'layers'>;
  /** How many of its layers. */
  layers: number;
  /** Decoded images of the library, with their ids. */
  set: TensorSet;
  /** Each image so often, varied as a training with this seed would in its first epochs. */
  varied?: { spec: AugmentationSpec; seed: number; copies: number } | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Bytes that are gathered before they are appended. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** Part of the names: raised when the same layers give other numbers. */
const VERSION = 1;

/**
 * Computes what is missing, answers rows of numbers for the same images with the same labels, one copy
 * of all after the other.
 * @throws AppError CANCELLED (what was computed until then is kept), DISK_FULL, MODEL_INVALID, …
 */
export async function ensureFeatures(
  engine: Pick<Engine, 'features'>,
  project: Project,
  request: FeaturesRequest,
): Promise<TensorSet> {
  const { set, varied, onProgress } = request;
  const copies = varied?.copies ?? 1;
  const pack = await openPack(project, request);
  const keys = Array.from({ length: copies }, (_, copy) => keysOf(project, set, varied && copy));
  const total = set.slots.length * copies;
  let done = keys.flat().filter((key) => pack.slot(key) !== undefined).length;
  onProgress?.(done, total);
  for (const [copy, names] of keys.entries()) {
    const missing = names.flatMap((key, position) =>
      pack.slot(key) === undefined ? [position] : [],
    );
    const known = new Set<string>();
    // The same picture may be in the set twice.
    const distinct = missing.filter((position) => {
      const key = names[position]!;
      return known.has(key) ? false : known.add(key);
    });
    if (distinct.length === 0) continue;
    await compute(engine, project, request, {
      pack,
      copy,
      positions: distinct,
      keyAt: (index) => names[distinct[index]!]!,
      onRows(count) {
        done += count;
        onProgress?.(done, total);
      },
    });
  }
  return {
    height: 1,
    width: pack.rowBytes / Float32Array.BYTES_PER_ELEMENT,
    channels: 1,
    values: 'float32',
    source: { kind: 'pack', file: pack.file },
    slots: Uint32Array.from(keys.flat(), (key) => pack.slot(key)!),
    labels: Int32Array.from({ length: total }, (_, row) => set.labels[row % set.labels.length]!),
  };
}

interface Missing {
  pack: PackFile;
  copy: number;
  /** In the set. */
  positions: readonly number[];
  keyAt: (index: number) => string;
  onRows: (count: number) => void;
}

async function compute(
  engine: Pick<Engine, 'features'>,
  project: Project,
  { spec, layers, set, varied, signal }: FeaturesRequest,
  { pack, copy, positions, keyAt, onRows }: Missing,
): Promise<void> {
  const job: FeatureJob = {
    spec,
    layers,
    backbones: project.backbones.files(spec),
    set: chosen(set, positions),
    augment: varied && { spec: varied.spec, seed: varied.seed, epoch: copy + 1 },
  };
  const batch: { sha256: string; pixels: Uint8Array }[] = [];
  let failure: unknown;
  const stop = new AbortController();
  const flush = (): void => {
    const rows = batch.splice(0);
    if (rows.length > 0) project.store.transaction(() => pack.append(rows));
  };
  const take = (from: number, values: Float32Array): void => {
    const width = pack.rowBytes / Float32Array.BYTES_PER_ELEMENT;
    const rows = values.length / width;
    for (let row = 0; row < rows; row++) {
      const numbers = values.subarray(row * width, (row + 1) * width);
      const pixels = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
      batch.push({ sha256: keyAt(from + row), pixels });
    }
    if (batch.length * pack.rowBytes >= BATCH_BYTES) flush();
    onRows(rows);
  };
  try {
    await engine.features(
      job,
      ({ from, values }) => {
        // From the engine's message loop, which must not see a full disk.
        try {
          take(from, values);
        } catch (error) {
          failure ??= error;
          stop.abort();
        }
      },
      { signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal },
    );
  } catch (error) {
    throw failure ?? error;
  } finally {
    flush();
  }
}

async function openPack(
  project: Project,
  { spec, layers, varied }: FeaturesRequest,
): Promise<PackFile> {
  const { input } = spec;
  const model = firstLayers(spec, layers, project.backbones);
  const width = elements(model.layers.at(-1)?.output ?? []);
  const first = spec.layers.slice(0, layers);
  const drawn = varied && { spec: varied.spec, seed: varied.seed };
  const name = createHash('sha256')
    .update(JSON.stringify([VERSION, input, first, drawn ?? null]))
    .digest('hex')
    .slice(0, 32);
  const folder = project.paths.features;
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw toFileError(error, folder);
  }
  const pack = new PackFile(folder, name, width * Float32Array.BYTES_PER_ELEMENT);
  pack.refresh();
  return pack;
}

/** By the picture itself; a varied one also by its id and which copy, which its draw depends on. */
function keysOf(
  project: Project,
  { images = new Uint32Array() }: TensorSet,
  copy?: number,
): string[] {
  const found = new Map(
    project.store.images.locations([...images]).map(({ id, sha256 }) => [id, sha256]),
  );
  return Array.from(images, (image) => {
    const sha256 = found.get(image) ?? '';
    if (copy === undefined) return sha256;
    return createHash('sha256').update(`${sha256} ${image} ${copy}`).digest('hex');
  });
}

function chosen(set: TensorSet, positions: readonly number[]): TensorSet {
  const { slots, labels, images } = set;
  return {
    ...set,
    slots: Uint32Array.from(positions, (position) => slots[position]!),
    labels: Int32Array.from(positions, (position) => labels[position]!),
    images: images && Uint32Array.from(positions, (position) => images[position]!),
  };
}
