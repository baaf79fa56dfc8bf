/** Images as points of a plane; kept in the project's cache, for it takes a while. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { EmbeddingEvent } from '#shared/contract/index.ts';
import { packFloats, unpackFloats } from '#shared/float-text.ts';
import type { CoreContext } from '../context.ts';
import type { Embedding } from '../engine/inspect/tasks.ts';
import type { Progress } from '../engine/protocol.ts';
import { readyRun } from '../prediction/model.ts';
import type { Project } from '../projects/project.ts';
import { checkpointSha256 } from '../runs/folder.ts';
import { readableSet } from '../runs/image-set.ts';
import { writeFileAtomic } from '../util/files.ts';
import { usualImages } from './images.ts';
import { inspect, type InspectRequest } from './inspect.ts';
import { newest } from './newest.ts';

interface EmbeddingRequest extends InspectRequest {
  images?: readonly number[] | undefined;
  limit: number;
  neighbors: number;
  minDist: number;
  seed: number;
}

/** What is kept: images in their order, and what came of them. */
const kept = z.object({
  images: z.array(z.number().int()),
  predicted: z.array(z.number().int()),
  confidence: z.array(z.number()),
  points: z.string(),
});
type Kept = z.infer<typeof kept>;

/** Changes when the same settings give other points. */
const VERSION = 1;

type News =
  | { type: 'progress'; phase: 'decode' | 'features'; progress: Progress }
  | { type: 'points'; embedding: Embedding; images: Uint32Array };

/** @throws AppError NOT_FOUND, RUN_NOT_READY, SOURCE_UNREADABLE, CANCELLED */
export async function* embedding(
  context: Pick<CoreContext, 'engine' | 'decoders'>,
  project: Project,
  request: EmbeddingRequest,
  signal?: AbortSignal,
): AsyncGenerator<EmbeddingEvent, void> {
  const run = readyRun(project, request);
  const { neighbors, minDist, seed, limit } = request;
  const images = [...(request.images ?? usualImages(project, run, limit))];
  const identity = await checkpointSha256(project.paths.run(run.id), run.id, request.checkpoint);
  const settings = JSON.stringify([VERSION, identity, images, neighbors, minDist, seed]);
  const name = createHash('sha256').update(settings).digest('hex').slice(0, 32);
  const file = join(project.paths.inspections, `${name}.json`);
  const known = await readKept(file);
  if (known) {
    yield about(project, known);
    yield { type: 'points', done: 1, total: 1, points: known.points };
    return;
  }

  const work = async (show: (news: News) => void, stop: AbortSignal): Promise<News> => {
    const set = await readableSet(project, images, run.spec.input, {
      signal: stop,
      onProgress: (done, total) =>
        show({ type: 'progress', phase: 'decode', progress: { done, total } }),
    });
    const found = set.images!;
    const result = await inspect(
      context,
      project,
      request,
      'embedding',
      { set, neighbors, minDist, seed },
      {
        signal: stop,
        onProgress: (progress) => show({ type: 'progress', phase: 'features', progress }),
        onStep: (each) => show({ type: 'points', embedding: each, images: found }),
      },
    );
    return { type: 'points', embedding: result, images: found };
  };
  let introduced = false;
  let last: Kept | undefined;
  for await (const news of newest<News>(work, signal)) {
    if (news.type === 'progress') {
      yield { type: 'progress', phase: news.phase, ...news.progress };
      continue;
    }
    const { done, total, points, predicted, confidence } = news.embedding;
    last = {
      images: [...news.images],
      predicted: [...predicted],
      confidence: [...confidence],
      points: packFloats(points),
    };
    if (!introduced) yield about(project, last);
    introduced = true;
    yield { type: 'points', done, total, points: last.points };
  }
  // Only a stream that was read to its end comes here.
  if (last) await keep(project, file, last);
}

/** Labels and splits are those of this moment, so they are not kept. */
function about(project: Project, { images, predicted, confidence }: Kept): EmbeddingEvent {
  const rows = new Map(project.store.images.rows(images).map((row) => [row.id, row]));
  return {
    type: 'images',
    images,
    labels: images.map((image) => rows.get(image)?.classId ?? null),
    splits: images.map((image) => rows.get(image)?.split ?? null),
    predicted,
    confidence,
  };
}

/** Null where there is none, or none that can be used. */
async function readKept(file: string): Promise<Kept | null> {
  try {
    const found = kept.parse(JSON.parse(await readFile(file, 'utf8')));
    return unpackFloats(found.points).length === found.images.length * 2 ? found : null;
  } catch {
    return null;
  }
}

async function keep(project: Project, file: string, embedding: Kept): Promise<void> {
  await mkdir(project.paths.inspections, { recursive: true });
  writeFileAtomic(file, JSON.stringify(embedding));
}
