/** What takes a while: pictures that filters or classes want to see, and the map of images. */
import type { EmbeddingEvent, MaximiseTarget } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { unpackBytes, unpackFloats } from '#shared/float-text.ts';
import { montage, type Picture } from '#shared/inspect/montage.ts';
import { classOf, type InspectTask } from './files.ts';

/** Of a layer's filters, of one class, or of all classes. */
export async function writeWanted(task: InspectTask): Promise<void> {
  const { client, project, run, checkpoint, steps, out } = task;
  const target = await targetOf(task);
  const stream = await client.inspect.maximise({
    ...{ project, run: run.id, checkpoint, target, steps },
  });
  for await (const { done, total, pixels, scores, height, width, channels } of stream) {
    if (done < total) continue;
    const bytes = unpackBytes(pixels);
    const size = height * width * channels;
    const tiles = scores.map((_, index): Picture => {
      const tile = bytes.subarray(index * size, (index + 1) * size);
      return { height, width, rgb: channels === 3 ? tile : threeTimes(tile) };
    });
    const name = `maximise-${task.layer ?? task.class ?? 'classes'}`;
    await out.picture(name, montage(tiles));
    await out.json(name, { target, steps, scores });
  }
}

const FIRST = 16;

async function targetOf(task: InspectTask): Promise<MaximiseTarget> {
  const { client, project, run, layer: name, channels } = task;
  const one = classOf(task);
  if (name === undefined) {
    const every = Array.from({ length: Math.min(64, run.classes.length) }, (_, index) => index);
    return { classes: one === undefined ? every : [one] };
  }
  if (channels) return { layer: name, channels };
  const { layers } = await client.inspect.layers({ project, run: run.id });
  const count = layers.find((layer) => layer.name === name)?.channels ?? 1;
  return { layer: name, channels: Array.from({ length: Math.min(FIRST, count) }, (_, at) => at) };
}

function threeTimes(grey: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: grey.length * 3 }, (_, at) => grey[Math.floor(at / 3)]!);
}

/** Points of some of the images that the run validates on, as a table and as numbers. */
export async function writeEmbedding(task: InspectTask): Promise<void> {
  const { client, project, run, checkpoint, out } = task;
  let about: Extract<EmbeddingEvent, { type: 'images' }> | undefined;
  let points: Float32Array | undefined;
  const stream = await client.inspect.embedding({ project, run: run.id, checkpoint });
  for await (const event of stream) {
    if (event.type === 'images') about = event;
    if (event.type === 'points') points = unpackFloats(event.points);
  }
  if (!about || !points) throw new AppError('NOT_ENOUGH_DATA', 'There are no images to place.');
  const { images, labels, splits, predicted, confidence } = about;
  const classes = await client.labels.classes.list({ project });
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const rows = images.map((image, index) =>
    [
      image,
      points[index * 2]!,
      points[index * 2 + 1]!,
      quoted(names.get(labels[index] ?? -1) ?? ''),
      quoted(run.classes[predicted?.[index] ?? -1] ?? ''),
      confidence?.[index] ?? '',
      splits[index] ?? '',
    ].join(','),
  );
  await out.numbers('embedding', [images.length, 2], points);
  const header = 'image,x,y,label,predicted,confidence,split';
  await out.text('embedding.csv', `${[header, ...rows].join('\n')}\n`);
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
