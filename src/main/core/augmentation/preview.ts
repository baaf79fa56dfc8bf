/** Draws of one image, made by the engine's own code and in a process of its own. */
import type { AugmentationSpec } from '#shared/augmentation.ts';
import { mixesLabels } from '#shared/augmentation.ts';
import type { ImageDraw, ModelSummary } from '#shared/contract/index.ts';
import type { CoreContext } from '../context.ts';
import type { AugmentedImages } from '../engine/protocol.ts';
import type { Project } from '../projects/project.ts';
import { imageSet } from '../runs/image-set.ts';

export interface PreviewRequest {
  image: number;
  spec: AugmentationSpec;
  seed: number;
  size: ModelSummary['input'];
}

/** Images that mixup and cutmix may take parts of, beside the one that is looked at. */
const COMPANIONS = 7;

/** @throws AppError NOT_FOUND, SOURCE_UNREADABLE, ENGINE_FAILED, CANCELLED */
export async function previewDraws(
  { engine }: Pick<CoreContext, 'engine'>,
  project: Project,
  { image, spec, seed, size, draws }: PreviewRequest & { draws: readonly ImageDraw[] },
  signal?: AbortSignal,
): Promise<AugmentedImages & { original: Uint8Array }> {
  const companions = mixesLabels(spec) ? companionsOf(project, image) : [];
  const set = await imageSet(project, [image, ...companions], size, signal);
  const plain = { ...spec, operations: [] };
  const [original, drawn] = await Promise.all([
    engine.augment({ set, spec: plain, seed, draws: [{ position: 0, epoch: 1 }] }, { signal }),
    engine.augment(
      { set, spec, seed, draws: draws.map((draw) => ({ ...draw, position: 0 })) },
      { signal },
    ),
  ]);
  return { ...drawn, original: original.pixels };
}

/** Labeled images, evenly through the project. */
function companionsOf(project: Project, image: number): number[] {
  const others = project.store.images.labeled().filter(({ id }) => id !== image);
  return evenly(others, COMPANIONS).map(({ id }) => id);
}

/** At most `count` of the items, evenly apart. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, at) => items[Math.floor((at * items.length) / count)]!);
}
