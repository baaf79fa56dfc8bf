/** Images of a report, as PNG files: as they are, and with where the model looked. */
import type { Prediction, Run } from '#shared/contract/index.ts';
import { percent } from '#shared/format.ts';
import { isCancellation } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import { inspectPicture, layersOf, type InspectRequest } from '../inspect/inspect.ts';
import { requireImage } from '../library/images.ts';
import { imageSource } from '../library/thumbnails.ts';
import type { Project } from '../projects/project.ts';
import type { Picture } from './content.ts';

export type Services = Pick<CoreContext, 'decoders' | 'engine'>;

interface Raw {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 3;
}

/** Longest edge of a picture in a report. */
const edge = 128;

/** Small pictures are enlarged whole pixels at a time: readers of PDF would blur them. */
function enlarged({ data, width, height, channels }: Raw): Raw {
  const times = Math.max(1, Math.floor(edge / Math.max(width, height)));
  const [wide, high] = [width * times, height * times];
  const large = new Uint8Array(wide * high * channels);
  for (let at = 0; at < wide * high; at++) {
    const from =
      Math.floor(Math.floor(at / wide) / times) * width + Math.floor((at % wide) / times);
    for (let channel = 0; channel < channels; channel++) {
      large[at * channels + channel] = data[from * channels + channel]!;
    }
  }
  return { data: large, width: wide, height: high, channels };
}

async function pixelsOf(
  { decoders }: Services,
  project: Project,
  id: number,
  signal: AbortSignal | undefined,
): Promise<Raw> {
  const image = requireImage(project, id);
  const scale = Math.min(1, edge / Math.max(image.width, image.height));
  const size = {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
    channels: 3 as const,
  };
  const source = await imageSource(project, image, decoders, signal);
  const data = await decoders.pixels(source, size, { signal });
  return enlarged({ data, ...size });
}

export async function toPicture(
  { decoders }: Services,
  raw: Raw,
  caption: string,
  signal: AbortSignal | undefined,
): Promise<Picture> {
  const png = await decoders.encode(raw, { signal });
  return { png, width: raw.width, height: raw.height, caption };
}

/** 'coat, taken for a pullover …': what it is, what the model said, and how sure it was. */
export function captionOf({ truth, top, probabilities, file }: Prediction, name: string): string {
  const sure = percent(Math.max(...probabilities), 0);
  return `${truth ?? '–'} (predicted ${top}, ${sure}) · ${name === '' ? file : name}`;
}

/** A library image as it is. */
export async function imagePicture(
  services: Services,
  project: Project,
  image: number,
  caption: string,
  signal?: AbortSignal,
): Promise<Picture> {
  const raw = await pixelsOf(services, project, image, signal);
  return await toPicture(services, raw, caption, signal);
}

/** Library images with what was said of them; those whose files are gone are left out. */
export async function imagePictures(
  services: Services,
  project: Project,
  predictions: readonly Prediction[],
  signal?: AbortSignal,
): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const prediction of predictions) {
    if (prediction.image === null) continue;
    const { name } = requireImage(project, prediction.image);
    try {
      const caption = captionOf(prediction, name);
      pictures.push(await imagePicture(services, project, prediction.image, caption, signal));
    } catch (error) {
      if (isCancellation(error)) throw error;
    }
  }
  return pictures;
}

/** An image, and the class that is asked about: as a name, or what the model says. */
export interface Looked {
  image: number;
  /** What it is, in truth. */
  truth: string | null;
  said?: string | undefined;
}

/** What spoke for a class (Grad-CAM of the last convolution): warm over the picture. */
export async function camPictures(
  services: Services,
  project: Project,
  request: InspectRequest,
  looked: readonly Looked[],
  { classes }: Pick<Run, 'classes'>,
  signal?: AbortSignal,
): Promise<Picture[]> {
  if (layersOf(project, request.run).camLayer === null) return [];
  const pictures: Picture[] = [];
  for (const { image, truth, said } of looked) {
    try {
      const map = await inspectPicture(
        services,
        project,
        { ...request, source: { image } },
        'attribution',
        {
          class: said === undefined ? undefined : classes.indexOf(said),
          method: { type: 'cam' },
        },
        { signal },
      );
      const shaded = shade(await pixelsOf(services, project, image, signal), map);
      const caption = `${truth ?? '–'}: what spoke for ${classes[map.class]!}, ${percent(map.probability, 0)}`;
      pictures.push(await toPicture(services, shaded, caption, signal));
    } catch (error) {
      // An image whose file is gone is left out.
      if (isCancellation(error)) throw error;
    }
  }
  return pictures;
}

const warm = [255, 120, 0] as const;

function shade(raw: Raw, map: { height: number; width: number; values: Float32Array }): Raw {
  const most = Math.max(1e-9, ...map.values);
  const data = Uint8Array.from(raw.data);
  for (let y = 0; y < raw.height; y++) {
    for (let x = 0; x < raw.width; x++) {
      const value = between(map, (y + 0.5) / raw.height, (x + 0.5) / raw.width) / most;
      const strength = 0.7 * Math.max(0, value);
      for (let channel = 0; channel < 3; channel++) {
        const at = (y * raw.width + x) * 3 + channel;
        data[at] = Math.round(data[at]! * (1 - strength) + warm[channel]! * strength);
      }
    }
  }
  return { ...raw, data };
}

/** Bilinear, at a place given as shares of height and width. */
function between(
  { height, width, values }: { height: number; width: number; values: Float32Array },
  down: number,
  right: number,
): number {
  const y = Math.min(height - 1, Math.max(0, down * height - 0.5));
  const x = Math.min(width - 1, Math.max(0, right * width - 0.5));
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const at = (row: number, column: number) =>
    values[Math.min(row, height - 1) * width + Math.min(column, width - 1)]!;
  const mix = (a: number, b: number, share: number) => a + (b - a) * share;
  return mix(
    mix(at(top, left), at(top, left + 1), x - left),
    mix(at(top + 1, left), at(top + 1, left + 1), x - left),
    y - top,
  );
}
