import { packFloats } from '#shared/float-text.ts';
import type { CoreContext } from '../context.ts';
import { readPixels } from '../engine/inspect/images.ts';
import type { AttributionMap } from '../engine/inspect/tasks.ts';
import { inspect, inspectPicture, layersOf } from '../inspect/inspect.ts';
import { newest } from '../inspect/newest.ts';
import { pictureSet } from '../inspect/picture.ts';
import { bytesFile } from './bytes.ts';
import { os } from './implementer.ts';

export function inspectApi(context: CoreContext) {
  const { projects } = context;
  return {
    layers: os.inspect.layers.handler(({ input }) =>
      layersOf(projects.get(input.project), input.run),
    ),
    filters: os.inspect.filters.handler(async ({ input, signal }) => {
      const { layer, kernel } = input;
      const project = projects.get(input.project);
      const found = await inspect(
        context,
        project,
        input,
        'filters',
        { layer, kernel },
        { signal },
      );
      return { ...found, values: bytesFile(found.values) };
    }),
    pixels: os.inspect.pixels.handler(async ({ input, signal }) => {
      const project = projects.get(input.project);
      const { spec } = project.store.runs.get(input.run);
      const set = await pictureSet(context, project, { spec }, input.source, signal);
      const pixels = await readPixels(set, spec, 1);
      return { ...spec.input, pixels: bytesFile(pixels) };
    }),
    maps: os.inspect.maps.handler(async ({ input, signal }) => {
      const { layers, edge } = input;
      const project = projects.get(input.project);
      const options = { layers, edge };
      const found = await inspectPicture(context, project, input, 'maps', options, { signal });
      return {
        ...found,
        tiles: bytesFile(found.tiles),
        probabilities: [...found.probabilities],
      };
    }),
    activations: os.inspect.activations.handler(async ({ input, signal }) => {
      const { layer, channels } = input;
      const project = projects.get(input.project);
      const options = { layer, channels };
      const found = await inspectPicture(context, project, input, 'activations', options, {
        signal,
      });
      return { ...found, values: bytesFile(found.values) };
    }),
    explain: os.inspect.explain.handler(async function* ({ input, signal }) {
      const { class: wanted, method } = input;
      const project = projects.get(input.project);
      const options = { class: wanted, method };
      const maps = newest<AttributionMap>(
        (onStep, stop) =>
          inspectPicture(context, project, input, 'attribution', options, { onStep, signal: stop }),
        signal,
      );
      for await (const map of maps) yield { ...map, values: packFloats(map.values) };
    }),
  };
}
