/** The exported file, asked by itself, against the app. */
import type { AnswersProof, ExportProof, Split } from '#shared/contract/index.ts';
import { argmax } from '#shared/metrics.ts';
import type { CoreContext } from '../context.ts';
import type { CallOptions, Probabilities } from '../engine/protocol.ts';
import type { Project } from '../projects/project.ts';
import { exact, exportJob, type Check, type ExportSource, type Format } from './format.ts';
import { labeledImages } from './images.ts';
import { picturesInOwnSize } from './own-size.ts';

const MAX_IMAGES = 10_000;

/** What was found out about the written files; the split that the images were of, if any were asked. */
export interface Proof {
  proof: ExportProof;
  split: Split | null;
}

/**
 * Asks the written files about held-out images, or reads them again where the app cannot run them.
 * @returns null when the project has no readable labeled image any more to ask about
 */
export async function prove(
  context: Pick<CoreContext, 'engine' | 'decoders'>,
  project: Project,
  format: Format,
  source: ExportSource,
  directory: string,
  options: CallOptions & { signal: AbortSignal },
): Promise<Proof | null> {
  const { check } = format;
  if (check.kind === 'answers') {
    return await proveAnswers(context, project, check, source, directory, options);
  }
  const { signal } = options;
  const job = exportJob(format.id, source, directory);
  const { tensors, maxDifference } = await context.engine.readExported(job, { signal });
  const passed = tensors > 0 && maxDifference <= check.tolerance;
  return { proof: { kind: 'contents', tensors, maxDifference, passed }, split: null };
}

/**
 * On all held-out images as the app has them, scaled to the model's size; and, where the pictures are
 * of other sizes, on some as they are.
 */
async function proveAnswers(
  { engine, decoders }: Pick<CoreContext, 'engine' | 'decoders'>,
  project: Project,
  { ask, tolerance }: Extract<Check, { kind: 'answers' }>,
  source: ExportSource,
  directory: string,
  options: CallOptions & { signal: AbortSignal },
): Promise<Proof | null> {
  const splits = ['test', 'validation', 'train'] as const;
  const heldOut = await labeledImages(project, source.run, splits, MAX_IMAGES, options.signal);
  if (!heldOut) return null;
  const { runDir, checkpoint } = source;
  const { signal, onProgress } = options;
  const total = heldOut.set.slots.length * 2;
  const half = (offset: number): CallOptions => ({
    signal,
    onProgress: ({ done }) => onProgress?.({ done: offset + done, total }),
  });
  const app = await engine.predict({ runDir, checkpoint, set: heldOut.set }, half(0));
  const file = await ask(engine, source, directory, heldOut.set, half(total / 2));
  const scaled = compare(app, file, tolerance, heldOut.labels);

  const appRows: Float32Array[] = [];
  const fileRows: Float32Array[] = [];
  for await (const { row, set } of picturesInOwnSize(
    decoders,
    project,
    source.run,
    heldOut.images,
    signal,
  )) {
    appRows.push(app.data.subarray(row * app.classes, (row + 1) * app.classes));
    fileRows.push((await ask(engine, source, directory, set, { signal })).data);
  }
  if (appRows.length === 0) return { proof: scaled, split: heldOut.split };
  const own = compare(joined(appRows, app.classes), joined(fileRows, app.classes), tolerance);
  const proof = {
    ...scaled,
    agreement: Math.min(scaled.agreement, own.agreement),
    maxDifference: Math.max(scaled.maxDifference, own.maxDifference),
    passed: scaled.passed && own.passed,
  };
  return { proof, split: heldOut.split };
}

function joined(rows: readonly Float32Array[], classes: number): Probabilities {
  return { images: rows.length, classes, data: Float32Array.from(rows.flatMap((row) => [...row])) };
}

/**
 * A missing or non-numeric answer differs by 1: it must never pass.
 * @param labels class index of each image, where they are known
 */
export function compare(
  app: Probabilities,
  file: Probabilities,
  tolerance = exact,
  labels: Int32Array | null = null,
): AnswersProof {
  const { images, classes } = app;
  const right = { app: 0, file: 0 };
  let agreeing = 0;
  let maxDifference = app.data.length === file.data.length ? 0 : 1;
  for (let row = 0; row < images; row++) {
    const tops = [app, file].map(({ data }) => argmax(data, row * classes, classes));
    if (tops[0] === tops[1]) agreeing++;
    if (tops[0] === labels?.[row]) right.app++;
    if (tops[1] === labels?.[row]) right.file++;
  }
  app.data.forEach((value, index) => {
    const difference = Math.abs(value - (file.data[index] ?? Number.NaN));
    maxDifference = Math.max(maxDifference, Number.isNaN(difference) ? 1 : difference);
  });
  const agreement = images === 0 ? 0 : agreeing / images;
  const accuracy = labels && images > 0 && { app: right.app / images, file: right.file / images };
  const passed =
    images > 0 && agreement >= tolerance.agreement && maxDifference <= tolerance.difference;
  return { kind: 'answers', images, agreement, maxDifference, accuracy: accuracy || null, passed };
}
