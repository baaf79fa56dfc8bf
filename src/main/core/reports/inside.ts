/** What is inside of the model: its first kernels, and what its layers make of an image. */
import { integer } from '#shared/format.ts';
import { planesToRgb, scaleKernels, toBytes } from '#shared/inspect/kernels.ts';
import { montage, paintTiles, type Picture as Rgb } from '#shared/inspect/montage.ts';
import { inspect, inspectPicture, layersOf, type InspectRequest } from '../inspect/inspect.ts';
import type { Project } from '../projects/project.ts';
import type { Picture } from './content.ts';
import { imagePicture, toPicture, type Services } from './pictures.ts';

const most = { filters: 64, maps: 16, layers: 11 };
const columns = { filters: 8, maps: 4 };
/** Longest edge of a kernel or a map in a report, pixels. */
const edges = { filters: 42, maps: 56 };
/** White, as the page. */
const gap = { width: 4, level: 255 };

const painted = (
  services: Services,
  { width, height, rgb }: Rgb,
  caption: string,
  signal: AbortSignal | undefined,
) =>
  toPicture(services, { data: Uint8Array.from(rgb), width, height, channels: 3 }, caption, signal);

/** Kernels of the first convolution side by side, scaled to 0…1 over the layer; null if there is none. */
export async function filterPicture(
  services: Services,
  project: Project,
  request: InspectRequest,
  signal?: AbortSignal,
): Promise<Picture | null> {
  const first = layersOf(project, request.run).layers.find(({ kernels }) => kernels.length > 0);
  if (!first) return null;
  const asked = { layer: first.name };
  const bank = await inspect(services, project, request, 'filters', asked, { signal });
  const { channels, height, width, filters } = bank.kernel;
  const size = height * width;
  const shown = Math.min(most.filters, filters);
  const color = bank.seesImage && channels === 3;
  const unit = scaleKernels(bank.values, channels * size, 'layer');
  const tiles = color
    ? inTiles(planesToRgb(unit, size), { width, height }).slice(0, shown)
    : paintTiles(firstPlanes(toBytes(unit), channels, size, shown), { width, height }, 'grey');
  const what = color
    ? 'in colour'
    : channels > 1
      ? 'for its first input channel'
      : 'dark below, bright above';
  return await painted(
    services,
    montage(tiles, Math.min(shown, columns.filters), { tileEdge: edges.filters, gap }),
    `${first.name}: ${shown} of ${filters} kernels of ${height}×${width}, ${what}`,
    signal,
  );
}

function inTiles(rgb: Uint8Array, size: { width: number; height: number }): Rgb[] {
  const bytes = size.width * size.height * 3;
  return Array.from({ length: rgb.length / bytes }, (_, index) => ({
    ...size,
    rgb: rgb.subarray(index * bytes, (index + 1) * bytes),
  }));
}

/** Of each filter the plane for its first input channel. */
function firstPlanes(
  bytes: Uint8Array,
  channels: number,
  size: number,
  filters: number,
): Uint8Array {
  const planes = new Uint8Array(filters * size);
  for (let filter = 0; filter < filters; filter++) {
    const from = filter * channels * size;
    planes.set(bytes.subarray(from, from + size), filter * size);
  }
  return planes;
}

/** An image, and the first maps that each convolution and pool makes of it; the last layers where there are many. */
export async function mapPictures(
  services: Services,
  project: Project,
  request: InspectRequest,
  { image, truth }: { image: number; truth: string | null },
  signal?: AbortSignal,
): Promise<Picture[]> {
  const all = layersOf(project, request.run).layers.filter(({ kind }) => kind !== 'other');
  if (all.length === 0) return [];
  const half = Math.floor(most.layers / 2);
  const chosen =
    all.length > most.layers ? [...all.slice(0, most.layers - half), ...all.slice(-half)] : all;
  const { layers, tiles } = await inspectPicture(
    services,
    project,
    { ...request, source: { image } },
    'maps',
    { layers: chosen.map(({ name }) => name), edge: edges.maps },
    { signal },
  );
  const pictures = [await imagePicture(services, project, image, truth ?? '–', signal)];
  for (const { layer, height, width, channels, tileHeight, tileWidth, offset } of layers) {
    const shown = Math.min(most.maps, channels.length);
    const size = tileHeight * tileWidth;
    const bytes = tiles.subarray(offset, offset + shown * size);
    const maps = paintTiles(bytes, { height: tileHeight, width: tileWidth }, 'viridis');
    const sheet = montage(maps, Math.min(shown, columns.maps), { tileEdge: edges.maps, gap });
    const caption = `${layer}: ${shown} of ${integer(channels.length)} maps of ${height}×${width}`;
    pictures.push(await painted(services, sheet, caption, signal));
  }
  return pictures;
}
