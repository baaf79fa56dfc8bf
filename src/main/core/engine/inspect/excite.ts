/** What excites each filter of a layer most, and which filters nothing excites. */
import { AppError } from '#shared/errors.ts';
import { openLoader, inOrder } from '../data/loader.ts';
import { checkSize } from '../data/check-size.ts';
import { imageTensor } from './answer.ts';
import { breathe } from '../breathe.ts';
import { floats } from '../floats.ts';
import { requireLayer } from './layers.ts';
import { buildMaps } from './maps.ts';
import type { OpenedRun } from './opened-run.ts';
import { boxAt, receptiveField } from './receptive-field.ts';
import type { Excited, InspectOptions, InspectTasks } from './tasks.ts';

/** Images that the model sees together: their maps of a layer are all in memory. */
const TOGETHER = 16;
const SHOW_EVERY_MS = 500;

/**
 * Runs the set's images through the model. After some of them, what is known so far.
 * @throws AppError NOT_FOUND, INVALID_INPUT, SOURCE_UNREADABLE, CANCELLED
 */
export async function exciting(
  opened: OpenedRun,
  { set, layer: name, top }: InspectTasks['excite']['input'],
  { signal, onStep }: InspectOptions<'excite'>,
): Promise<Excited> {
  const { run } = opened;
  const layer = requireLayer(run.model, name);
  checkSize(set, run.model.input);
  const total = set.slots.length;
  if (total === 0) throw new AppError('INVALID_INPUT', 'There are no images to look at.');
  const program = await opened.program(`maps ${name}`, () => buildMaps(run, [name]));
  const tally = new Tally(layer.channels, top);
  const size = layer.height * layer.width;
  const loader = await openLoader(set, { batch: TOGETHER, memoryBudget: 0, threads: 0 });
  let done = 0;
  let shown = performance.now();
  const result = (): Excited => {
    const field = receptiveField(run.model, name);
    return {
      done,
      total,
      channels: tally.channels(done).map(({ best, ...channel }) => ({
        ...channel,
        top: best.map(({ position, value, place }) => {
          const row = Math.floor(place / layer.width);
          const column = place % layer.width;
          return { position, value, row, column, box: boxAt(field, row, column, run.model.input) };
        }),
      })),
    };
  };
  try {
    for await (const part of loader.batches({ epoch: 1, order: inOrder(total) })) {
      const results = await program.run({ image: imageTensor(run.model, part.pixels) });
      const maps = floats(results['map_0']);
      for (let image = 0; image < part.size; image++) {
        for (let channel = 0; channel < layer.channels; channel++) {
          const start = (image * layer.channels + channel) * size;
          tally.add(channel, done + image, maps.subarray(start, start + size));
        }
      }
      done += part.size;
      await breathe(signal);
      if (done < total && performance.now() - shown > SHOW_EVERY_MS) {
        onStep?.(result());
        shown = performance.now();
      }
    }
  } finally {
    await loader.close();
  }
  return result();
}

interface Best {
  /** Of the image within the set. */
  position: number;
  value: number;
  /** Within the map. */
  place: number;
}

/** What was seen of each channel. */
class Tally {
  readonly #top: number;
  readonly #least: Float64Array;
  readonly #most: Float64Array;
  readonly #active: Uint32Array;
  /** Highest first. */
  readonly #best: Best[][];

  constructor(channels: number, top: number) {
    this.#top = top;
    this.#least = new Float64Array(channels).fill(Infinity);
    this.#most = new Float64Array(channels).fill(-Infinity);
    this.#active = new Uint32Array(channels);
    this.#best = Array.from({ length: channels }, () => []);
  }

  add(channel: number, position: number, map: Float32Array): void {
    let place = 0;
    let least = Infinity;
    for (let at = 0; at < map.length; at++) {
      if (map[at]! > map[place]!) place = at;
      if (map[at]! < least) least = map[at]!;
    }
    const value = map[place]!;
    this.#least[channel] = Math.min(this.#least[channel]!, least);
    this.#most[channel] = Math.max(this.#most[channel]!, value);
    if (value > 0) this.#active[channel]!++;
    const best = this.#best[channel]!;
    if (best.length === this.#top && value <= best.at(-1)!.value) return;
    const rank = best.findIndex((other) => value > other.value);
    best.splice(rank < 0 ? best.length : rank, 0, { position, value, place });
    best.length = Math.min(best.length, this.#top);
  }

  channels(images: number) {
    return this.#best.map((best, channel) => {
      const least = this.#least[channel]!;
      const most = this.#most[channel]!;
      const active = this.#active[channel]! / images;
      // The same number everywhere, whatever the picture: nothing behind it can tell it from a bias.
      return { least, most, active, dead: most - least <= 1e-6 * Math.abs(most), best: [...best] };
    });
  }
}
