/** What a model says of image files that are not in the library. */
import type { FilePrediction } from '#shared/contract/index.ts';
import { isCancellation, toErrorInfo } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { Project } from '../projects/project.ts';
import { answerAt, answererOf, type Answerer, type Asked } from './answerer.ts';

/** A path, or an uploaded file. */
export type PredictFile = string | File;

/** The first answers come after a few files; later on larger batches are faster. */
const FIRST_BATCH = 4;
const MAX_BATCH = 64;

type Decoded =
  | { index: number; file: string; pixels: Uint8Array; thumbnail: string | null }
  | { index: number; file: string; error: string };

interface FilesRequest {
  files: readonly PredictFile[];
  thumbnails: boolean;
  /** Longest edge in pixels; 320 unless told. */
  thumbnailEdge?: number;
}

/**
 * One answer for each file, in their order; what is wrong with a file is its answer.
 * @throws AppError NOT_FOUND, RUN_NOT_READY, ENGINE_FAILED, CANCELLED
 */
export async function* predictFiles(
  context: Pick<CoreContext, 'engine' | 'decoders' | 'backbones'>,
  project: Project,
  request: Asked & FilesRequest,
  signal?: AbortSignal,
): AsyncGenerator<FilePrediction, void> {
  const model = answererOf(context, project, request);
  const edge = request.thumbnails ? (request.thumbnailEdge ?? 320) : null;
  let size = FIRST_BATCH;
  for (let start = 0; start < request.files.length; size = Math.min(size * 2, MAX_BATCH)) {
    const batch = request.files.slice(start, start + size);
    const decoded = await Promise.all(
      batch.map((file, offset) => decode(context, model, file, start + offset, edge, signal)),
    );
    yield* await predict(model, decoded, signal);
    start += batch.length;
  }
}

async function decode(
  { decoders }: Pick<CoreContext, 'decoders'>,
  { input }: Answerer,
  file: PredictFile,
  index: number,
  edge: number | null,
  signal: AbortSignal | undefined,
): Promise<Decoded> {
  const name = typeof file === 'string' ? file : file.name;
  try {
    const source = typeof file === 'string' ? file : new Uint8Array(await file.arrayBuffer());
    const pixels = await decoders.pixels(source, input, { signal });
    const thumbnail = edge === null ? null : await decoders.thumbnailUrl(source, { signal, edge });
    return { index, file: name, pixels, thumbnail };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { index, file: name, error: toErrorInfo(error).message };
  }
}

async function predict(
  model: Answerer,
  decoded: Decoded[],
  signal: AbortSignal | undefined,
): Promise<FilePrediction[]> {
  const good = decoded.filter((file) => 'pixels' in file);
  if (good.length === 0) return decoded.filter((file) => 'error' in file);
  const { height, width, channels } = model.input;
  const bytes = height * width * channels;
  const data = new Uint8Array(good.length * bytes);
  good.forEach(({ pixels }, row) => data.set(pixels, row * bytes));
  const answers = await model.ask(
    {
      height,
      width,
      channels,
      source: { kind: 'inline', data },
      slots: Uint32Array.from(good, (_, row) => row),
      labels: new Int32Array(good.length).fill(-1),
    },
    { signal },
  );
  let row = 0;
  return decoded.map((file): FilePrediction => {
    if ('error' in file) return file;
    const { index, thumbnail } = file;
    const prediction = {
      image: null,
      file: file.file,
      truth: null,
      ...answerAt(model, answers, row++),
    };
    return { index, prediction, thumbnail };
  });
}
