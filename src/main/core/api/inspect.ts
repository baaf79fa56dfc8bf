import type { CoreContext } from '../context.ts';
import { readFilm } from '../engine/inspect/film/film-file.ts';
import { readPixels } from '../engine/inspect/images.ts';
import { embedding } from '../inspect/embedding.ts';
import { inspect, inspectPicture, layersOf } from '../inspect/inspect.ts';
import { pictureSet } from '../inspect/picture.ts';
import { excite, explain, maximise } from '../inspect/streams.ts';
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
    explain: os.inspect.explain.handler(({ input, signal }) =>
      explain(context, projects.get(input.project), input, signal),
    ),
    excite: os.inspect.excite.handler(({ input, signal }) =>
      excite(context, projects.get(input.project), input, signal),
    ),
    maximise: os.inspect.maximise.handler(({ input, signal }) =>
      maximise(context, projects.get(input.project), input, signal),
    ),
    embedding: os.inspect.embedding.handler(({ input, signal }) =>
      embedding(context, projects.get(input.project), input, signal),
    ),
    film: os.inspect.film.handler(async ({ input }) => {
      const project = projects.get(input.project);
      const { id } = project.store.runs.get(input.run);
      const film = await readFilm(project.paths.run(id));
      if (!film) return null;
      const { head, frames } = film;
      return {
        ...head,
        epochs: frames.map(({ epoch }) => epoch),
        kernels: bytesFile(...frames.map(({ kernels }) => kernels)),
        tiles: bytesFile(...frames.map(({ maps }) => maps)),
      };
    }),
  };
}
