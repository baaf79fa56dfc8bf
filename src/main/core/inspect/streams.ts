/** Inspections that get better while one looks on, as the contract gives them out. */
import type {
  AttributionMap,
  AttributionMethod,
  ExcitedFilters,
  InspectSource,
  MaximiseTarget,
  WantedPictures,
} from '#shared/contract/index.ts';
import { packBytes, packFloats } from '#shared/float-text.ts';
import type { CoreContext } from '../context.ts';
import type { AttributionMap as EngineMap, Excited, Wanted } from '../engine/inspect/tasks.ts';
import { readyRun } from '../prediction/model.ts';
import type { Project } from '../projects/project.ts';
import { readableSet } from '../runs/image-set.ts';
import { usualImages } from './images.ts';
import { inspect, inspectPicture, type InspectRequest } from './inspect.ts';
import { newest } from './newest.ts';

type Dependencies = Pick<CoreContext, 'engine' | 'decoders'>;

interface ExplainRequest extends InspectRequest {
  source: InspectSource;
  method: AttributionMethod;
  class?: number | undefined;
}

/** @throws AppError NOT_FOUND, RUN_NOT_READY, INVALID_INPUT, SOURCE_UNREADABLE, CANCELLED */
export async function* explain(
  context: Dependencies,
  project: Project,
  request: ExplainRequest,
  signal?: AbortSignal,
): AsyncGenerator<AttributionMap, void> {
  const { class: wanted, method } = request;
  const asked = { class: wanted, method };
  const maps = newest<EngineMap>(
    (onStep, stop) =>
      inspectPicture(context, project, request, 'attribution', asked, { onStep, signal: stop }),
    signal,
  );
  for await (const map of maps) yield { ...map, values: packFloats(map.values) };
}

interface ExciteRequest extends InspectRequest {
  layer: string;
  images?: readonly number[] | undefined;
  limit: number;
  top: number;
}

/** @throws AppError NOT_FOUND, RUN_NOT_READY, SOURCE_UNREADABLE, CANCELLED */
export async function* excite(
  context: Dependencies,
  project: Project,
  request: ExciteRequest,
  signal?: AbortSignal,
): AsyncGenerator<ExcitedFilters, void> {
  const run = readyRun(project, request);
  const { layer, top, limit } = request;
  const images = request.images ?? usualImages(project, run, limit);
  const set = await readableSet(project, images, run.spec.input, { signal });
  const parts = newest<Excited>(
    (onStep, stop) =>
      inspect(context, project, request, 'excite', { set, layer, top }, { onStep, signal: stop }),
    signal,
  );
  for await (const { channels, ...part } of parts) {
    yield {
      ...part,
      channels: channels.map((channel) => ({
        ...channel,
        top: channel.top.map(({ position, ...place }) => ({
          image: set.images![position]!,
          ...place,
        })),
      })),
    };
  }
}

interface MaximiseRequest extends InspectRequest {
  target: MaximiseTarget;
  steps: number;
  seed: number;
}

/** @throws AppError NOT_FOUND, RUN_NOT_READY, INVALID_INPUT, CANCELLED */
export async function* maximise(
  context: Dependencies,
  project: Project,
  request: MaximiseRequest,
  signal?: AbortSignal,
): AsyncGenerator<WantedPictures, void> {
  const { target, steps, seed } = request;
  const { input } = readyRun(project, request).spec;
  const pictures = newest<Wanted>(
    (onStep, stop) =>
      inspect(
        context,
        project,
        request,
        'maximise',
        { target, steps, seed },
        { onStep, signal: stop },
      ),
    signal,
  );
  for await (const each of pictures) yield { ...each, ...input, pixels: packBytes(each.pixels) };
}
