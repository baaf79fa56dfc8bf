/** Each thing that `fovea inspect` writes. */
import type { ColorMapName } from '#shared/color-maps.ts';
import type { AttributionMethod, FilterBank, InspectLayer } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { unpackFloats } from '#shared/float-text.ts';
import { planesToRgb, scaleKernels, toBytes, type KernelScale } from '#shared/inspect/kernels.ts';
import { rangeBytes } from '#shared/inspect/maps.ts';
import { montage, paintTiles, type Picture } from '#shared/inspect/montage.ts';
import { bytesOf, classOf, floatsOf, sourceOf, type InspectTask } from './files.ts';
import { overlay } from './picture.ts';

async function layersOf(task: InspectTask, kinds: InspectLayer['kind'][]): Promise<InspectLayer[]> {
  const { client, project, run, layer } = task;
  const { layers } = await client.inspect.layers({ project, run: run.id });
  if (layer === undefined) return layers.filter(({ kind }) => kinds.includes(kind));
  const found = layers.filter(({ name }) => name === layer);
  if (found.length > 0) return found;
  throw new AppError('NOT_FOUND', `The model has no layer ${layer} that gives out images.`, {
    hint: `It has: ${layers.map(({ name }) => name).join(', ')}.`,
  });
}

/** For each convolution a picture of its kernels, the kernels, and what there is to say of them. */
export async function writeFilters(task: InspectTask): Promise<void> {
  const { client, project, run, checkpoint, out } = task;
  for (const { name: layer, kernels } of await layersOf(task, ['conv'])) {
    for (const { name: kernel } of kernels) {
      const bank = await client.inspect.filters({
        project,
        run: run.id,
        checkpoint,
        layer,
        kernel,
      });
      const values = await floatsOf(bank.values);
      const { filters, channels, height, width } = bank.kernel;
      const name = kernels.length > 1 ? `${layer}-${kernel}` : `${layer}-filters`;
      const unit = scaleKernels(values, channels * height * width, task.scale);
      await out.picture(name, kernelPicture(bank, unit, colorsOf(task)));
      await out.numbers(name, [filters, channels, height, width], values);
      const { norms, faint, biases, groups } = bank;
      await out.json(name, { layer, kernel: bank.kernel, norms, faint, biases, groups });
    }
  }
}

interface Look {
  scale: KernelScale;
  colors: InspectTask['colors'];
}

function colorsOf({ scale, colors }: Look): ColorMapName {
  return colors ?? (scale === 'symmetric' ? 'diverging' : 'viridis');
}

/**
 * A row a filter where each reads several channels; RGB where those are colours.
 * @param unit weights scaled to 0…1
 */
function kernelPicture(
  { kernel, seesImage }: Pick<FilterBank, 'kernel' | 'seesImage'>,
  unit: Float32Array,
  colors: ColorMapName,
): Picture {
  const { channels, height, width } = kernel;
  const size = height * width;
  if (seesImage && channels === 3) {
    const rgb = planesToRgb(unit, size);
    const tiles = Array.from({ length: kernel.filters }, (_, filter) => ({
      ...{ width, height },
      rgb: rgb.subarray(filter * size * 3, (filter + 1) * size * 3),
    }));
    return montage(tiles);
  }
  const tiles = paintTiles(toBytes(unit), kernel, colors);
  return channels === 1 ? montage(tiles) : montage(tiles, channels);
}

/** For each layer a picture of its feature maps, and the maps. */
export async function writeMaps(task: InspectTask): Promise<void> {
  const { client, project, run, checkpoint, out, colors = 'viridis' } = task;
  const source = sourceOf(task);
  const { layers, tiles } = await client.inspect.maps({
    ...{ project, run: run.id, checkpoint, source },
    ...(task.layer === undefined
      ? {}
      : { layers: (await layersOf(task, [])).map(({ name }) => name) }),
    edge: 256,
  });
  const bytes = await bytesOf(tiles);
  for (const { layer, offset, channels, tileHeight, tileWidth, zeros } of layers) {
    const size = { height: tileHeight, width: tileWidth };
    const part = bytes.subarray(offset, offset + channels.length * tileHeight * tileWidth);
    await out.picture(layer, montage(paintTiles(part, size, colors)));
    const found = await client.inspect.activations({
      ...{ project, run: run.id, checkpoint, source, layer },
    });
    const { height, width, values } = found;
    await out.numbers(layer, [channels.length, height, width], await floatsOf(values));
    await out.json(layer, { layer, zeros, channels });
  }
}

/** The map of one method, in colours over the picture and as numbers. */
export async function writeAttribution(
  task: InspectTask,
  method: AttributionMethod,
): Promise<void> {
  const { client, project, run, checkpoint, out } = task;
  const source = sourceOf(task);
  const asked = { project, run: run.id, checkpoint, source };
  const stream = await client.inspect.explain({ ...asked, method, class: classOf(task) });
  for await (const map of stream) {
    if (map.done < map.total) continue;
    const { height, width, probability } = map;
    const values = unpackFloats(map.values);
    const signed = values.some((value) => value < 0);
    const { colors = signed ? 'diverging' : 'viridis' } = task;
    const [heat] = paintTiles(rangeBytes(values, signed), map, colors);
    const { pixels, ...size } = await client.inspect.pixels({ project, run: run.id, source });
    const name = `${method.type}-${run.classes[map.class]!}`;
    await out.picture(name, await overlay({ ...size, data: await bytesOf(pixels) }, heat!));
    await out.numbers(name, [height, width], values);
    await out.json(name, { method, class: run.classes[map.class], probability, height, width });
  }
}

/** A picture of the first filters for each frame, all scaled alike, and all of them as numbers. */
export async function writeFilm(task: InspectTask): Promise<void> {
  const { client, project, run, out } = task;
  const film = await client.inspect.film({ project, run: run.id });
  if (!film || film.epochs.length === 0) {
    throw new AppError('NOT_FOUND', `Run ${run.id} has no film.`, {
      hint: 'Films are taken while a run trains, of models with convolutions.',
    });
  }
  const { kernel, epochs } = film;
  const { filters, channels, height, width } = kernel;
  const values = await floatsOf(film.kernels);
  const size = filters * channels * height * width;
  // Between frames weights may be compared: the ends of the colours are the same in all.
  const unit = scaleKernels(values, size, task.scale === 'kernel' ? 'layer' : task.scale);
  const digits = String(epochs.at(-1)).length;
  for (const [index, epoch] of epochs.entries()) {
    const part = unit.subarray(index * size, (index + 1) * size);
    const name = `film-${String(epoch).padStart(digits, '0')}`;
    await out.picture(name, kernelPicture(film, part, colorsOf(task)));
  }
  await out.numbers('film', [epochs.length, filters, channels, height, width], values);
  await out.json('film', { layer: film.layer, epochs, image: film.image, maps: film.maps });
}
