/** What each operation of an augmentation does to a trained model's answers. */
import { isActive, type AugmentationSpec, type Operation } from '#shared/augmentation.ts';
import type { OperationEffect } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { argmax } from '#shared/metrics.ts';
import type { CoreContext } from '../context.ts';
import type { TensorSet } from '../engine/protocol.ts';
import { readyRun, type ModelRequest } from '../prediction/model.ts';
import type { Project } from '../projects/project.ts';
import { tensorSet } from '../runs/tensor-set.ts';
import { evenly } from './preview.ts';

export interface Check {
  images: number;
  accuracy: number;
  operations: OperationEffect[];
}

/**
 * Asks the model about labeled images as they are, and with each operation done alone and always.
 * @throws AppError NOT_FOUND, RUN_NOT_READY, NOT_ENOUGH_DATA, ENGINE_FAILED, CANCELLED
 */
export async function checkOperations(
  { engine }: Pick<CoreContext, 'engine'>,
  project: Project,
  request: ModelRequest & { spec: AugmentationSpec; images: number },
  signal?: AbortSignal,
): Promise<Check> {
  const run = readyRun(project, request);
  const { checkpoint, spec } = request;
  const set = await labeledSet(project, request, signal);
  const { height, width, channels } = set;
  const draws = Array.from(set.slots, (_, position) => ({ position, epoch: 1 }));
  const answersRight = async (source: Uint8Array | null): Promise<number> => {
    const asked: TensorSet = source
      ? { ...set, source: { kind: 'inline', data: source }, slots: set.slots.map((_, at) => at) }
      : set;
    const { data, classes } = await engine.predict(
      { runDir: project.paths.run(run.id), checkpoint, set: asked },
      { signal },
    );
    const right = set.labels.filter((label, row) => argmax(data, row * classes, classes) === label);
    return right.length / set.labels.length;
  };

  const accuracy = await answersRight(null);
  const operations: OperationEffect[] = [];
  for (const [index, operation] of spec.operations.entries()) {
    if (!isActive(operation) || blends(operation)) continue;
    const alone = { ...spec, operations: [{ ...operation, probability: 1 }] };
    const { pixels } = await engine.augment({ set, spec: alone, seed: 1, draws }, { signal });
    if (pixels.length !== draws.length * height * width * channels) {
      throw new AppError('ENGINE_FAILED', 'The engine drew too few images.');
    }
    operations.push({ operation: index, accuracy: await answersRight(pixels) });
  }
  return { images: set.slots.length, accuracy, operations };
}

/** These change labels knowingly. */
function blends({ type }: Operation): boolean {
  return type === 'mixup' || type === 'cutmix';
}

async function labeledSet(
  project: Project,
  request: ModelRequest & { images: number },
  signal: AbortSignal | undefined,
): Promise<TensorSet> {
  const run = project.store.runs.get(request.run);
  const indexOf = new Map(run.classes.map(({ id }, index) => [id, index]));
  const labeled = project.store.images.labeled().filter(({ classId }) => indexOf.has(classId));
  const some = evenly(labeled, request.images);
  const images = some.map(({ id }) => id);
  const pack = await project.tensors.ensure({ ...run.spec.input, images, signal });
  const failed = new Set(pack.failed.map(({ image }) => image));
  const readable = some.filter(({ id }) => !failed.has(id));
  if (readable.length === 0) {
    throw new AppError('NOT_ENOUGH_DATA', 'There are no labeled images of the model’s classes.', {
      hint: 'Label some, or choose another run.',
    });
  }
  return tensorSet(
    run.spec.input,
    {
      file: pack.file,
      slots: new Map(images.map((image, position) => [image, pack.slots[position]!])),
    },
    {
      images: Uint32Array.from(readable, ({ id }) => id),
      classes: Int32Array.from(readable, ({ classId }) => indexOf.get(classId)!),
    },
  );
}
