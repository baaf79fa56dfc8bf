/** Images as points of a plane; kept in the project's cache, for it takes a while. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { EmbeddingEvent } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { packFloats, unpackFloats } from '#shared/float-text.ts';
import type { CoreContext } from '../context.ts';
import { evenly } from '../augmentation/preview.ts';
import { ensureFeatures } from '../backbones/features.ts';
import { featureSpec } from '../backbones/write-features.ts';
import type { Embedding } from '../engine/inspect/tasks.ts';
import type { Plane, Progress } from '../engine/protocol.ts';
import { readyRun } from '../prediction/model.ts';
import type { Project } from '../projects/project.ts';
import { checkpointSha256 } from '../runs/folder.ts';
import { readableSet } from '../runs/image-set.ts';
import { writeFileAtomic } from '../util/files.ts';
import { usualImages } from './images.ts';
import { inspect, type InspectRequest } from './inspect.ts';
import { newest } from './newest.ts';

interface Settings {
  images?: readonly number[] | undefined;
  limit: number;
  neighbors: number;
  minDist: number;
  seed: number;
}
interface NetworkRequest {
  backbone: string;
  cut?: string | undefined;
}

type EmbeddingRequest = Settings & (InspectRequest | NetworkRequest);

/** What is kept: images in their order, and what came of them. */
const kept = z.object({
  images: z.array(z.number().int()),
  predicted: z.array(z.number().int()).nullable(),
  confidence: z.array(z.number()).nullable(),
  points: z.string(),
});
type Kept = z.infer<typeof kept>;

/** Changes when the same settings give other points. */
const VERSION = 1;

type Dependencies = Pick<CoreContext, 'engine' | 'decoders' | 'backbones'>;

type News =
  | { type: 'progress'; phase: 'decode' | 'features'; progress: Progress }
  | { type: 'points'; embedding: Plane & Partial<Embedding>; images: Uint32Array };

/** Whose features they are. */
interface Source {
  /** Changes when they do. */
  identity: string;
  images: readonly number[];
  work(show: (news: News) => void, stop: AbortSignal): Promise<News>;
}

/** @throws AppError NOT_FOUND, RUN_NOT_READY, SOURCE_UNREADABLE, CANCELLED */
export async function* embedding(
  context: Dependencies,
  project: Project,
  request: EmbeddingRequest,
  signal?: AbortSignal,
): AsyncGenerator<EmbeddingEvent, void> {
  const { neighbors, minDist, seed } = request;
  const source =
    'backbone' in request
      ? networkSource(context, project, request)
      : await runSource(context, project, request);
  const { identity, images, work } = source;
  const settings = JSON.stringify([VERSION, identity, images, neighbors, minDist, seed]);
  const name = createHash('sha256').update(settings).digest('hex').slice(0, 32);
  const file = join(project.paths.inspections, `${name}.json`);
  const known = await readKept(file);
  if (known) {
    yield about(project, known);
    yield { type: 'points', done: 1, total: 1, points: known.points };
    return;
  }

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
      predicted: predicted ? [...predicted] : null,
      confidence: confidence ? [...confidence] : null,
      points: packFloats(points),
    };
    if (!introduced) yield about(project, last);
    introduced = true;
    yield { type: 'points', done, total, points: last.points };
  }
  // Only a stream that was read to its end comes here.
  if (last) await keep(project, file, last);
}

async function runSource(
  context: Dependencies,
  project: Project,
  request: Settings & InspectRequest,
): Promise<Source> {
  const run = readyRun(project, request);
  const { neighbors, minDist, seed, limit } = request;
  const images = [...(request.images ?? usualImages(project, run, limit))];
  const identity = await checkpointSha256(project.paths.run(run.id), run.id, request.checkpoint);
  return {
    identity,
    images,
    async work(show, signal) {
      const { decoding, looking } = progressOf(show);
      const set = await readableSet(project, images, run.spec.input, {
        signal,
        onProgress: decoding,
      });
      const found = set.images!;
      const result = await inspect(
        context,
        project,
        request,
        'embedding',
        { set, neighbors, minDist, seed },
        {
          signal,
          onProgress: ({ done, total }) => looking(done, total),
          onStep: (each) => show({ type: 'points', embedding: each, images: found }),
        },
      );
      return { type: 'points', embedding: result, images: found };
    },
  };
}

function networkSource(
  { engine, backbones }: Dependencies,
  project: Project,
  request: Settings & NetworkRequest,
): Source {
  const spec = featureSpec(backbones.require(request.backbone), { cut: request.cut, pool: true });
  const { neighbors, minDist, seed, limit } = request;
  const images = [...(request.images ?? evenly(project.store.images.ids(), limit))];
  if (images.length === 0) {
    throw new AppError('NOT_ENOUGH_DATA', 'There are no images yet.', {
      hint: 'Import pictures first.',
    });
  }
  return {
    identity: JSON.stringify([spec.input, spec.layers]),
    images,
    async work(show, signal) {
      const { decoding, looking } = progressOf(show);
      const set = await readableSet(project, images, spec.input, { signal, onProgress: decoding });
      const found = set.images!;
      const layers = spec.layers.length;
      const known = await ensureFeatures(engine, project, {
        ...{ spec, layers, set, signal },
        onProgress: looking,
      });
      const plane = await engine.arrange(
        { set: known, neighbors, minDist, seed },
        (each) => show({ type: 'points', embedding: each, images: found }),
        { signal },
      );
      return { type: 'points', embedding: plane, images: found };
    },
  };
}

function progressOf(show: (news: News) => void) {
  const tell = (phase: 'decode' | 'features') => (done: number, total: number) =>
    show({ type: 'progress', phase, progress: { done, total } });
  return { decoding: tell('decode'), looking: tell('features') };
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
