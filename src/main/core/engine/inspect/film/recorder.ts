/** Takes the film of a training while it goes on: see film-file.ts. */
import type { InspectLayer } from '#shared/contract/index.ts';
import { standardBytes, statsOf } from '#shared/inspect/maps.ts';
import type { Backend, Program } from '../../backends/index.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import type { Graph, Value } from '../../graph/types.ts';
import { pixelsToUnit } from '../../layers/forward.ts';
import type { ResolvedModel } from '../../layers/resolve.ts';
import { buildAnswer } from '../../programs/inference.ts';
import { allEntries, layoutParameters } from '../../programs/parameters.ts';
import type { TrainJob } from '../../protocol.ts';
import { imageTensor } from '../answer.ts';
import { floats } from '../../floats.ts';
import { readPixels } from '../images.ts';
import { imageLayers, requireLayer } from '../layers.ts';
import { shrink } from '../shrink.ts';
import { FilmWriter, type FilmHead } from './film-file.ts';

/** Of each layer that is filmed. */
const MOST_CHANNELS = 16;
/** Longest edge of a filmed map. */
const MOST_EDGE = 64;

type Parameters = ReadonlyMap<string, FloatTensor>;

/** What takes the maps. */
interface Shot {
  program: Program;
  pixels: Uint8Array;
  /** Names of the weights that the program takes. */
  parameters: string[];
  layers: InspectLayer[];
}

export class FilmRecorder {
  readonly #job: TrainJob;
  readonly #model: ResolvedModel;
  readonly #head: FilmHead;
  readonly #openBackend: () => Promise<Backend>;
  #writer: FilmWriter | undefined;
  #shot: Promise<Shot> | undefined;

  private constructor(
    job: TrainJob,
    model: ResolvedModel,
    head: FilmHead,
    openBackend: () => Promise<Backend>,
  ) {
    this.#job = job;
    this.#model = model;
    this.#head = head;
    this.#openBackend = openBackend;
  }

  /** Null for a model without convolutions: there is nothing to film. */
  static of(
    job: TrainJob,
    model: ResolvedModel,
    openBackend: () => Promise<Backend>,
  ): FilmRecorder | null {
    const head = headOf(job, model);
    return head && new FilmRecorder(job, model, head, openBackend);
  }

  /** @param from whole epochs that a training goes on after; null if it begins */
  async begin(from: number | null): Promise<void> {
    this.#writer = await FilmWriter.open(this.#job.runDir, this.#head, from);
  }

  /** One frame, unless it is there already. */
  async take(epoch: number, parameters: Parameters): Promise<void> {
    if (!this.#writer || this.#writer.has(epoch)) return;
    const { layer, kernel } = this.#head;
    const kernels = parameters.get(`${layer}/${kernel.name}`)!.data;
    await this.#writer.add({ epoch, kernels, maps: await this.#maps(parameters) });
  }

  async close(): Promise<void> {
    await this.#writer?.close();
    const shot = await this.#shot?.catch(() => undefined);
    await shot?.program.dispose();
  }

  async #maps(values: Parameters): Promise<Uint8Array> {
    const { program, pixels, parameters, layers } = await (this.#shot ??= this.#prepare());
    const weights = parameters.map((name) => {
      const { shape, data } = values.get(name)!;
      return [name, { dtype: 'float32' as const, dims: [...shape], data }] as const;
    });
    const image = imageTensor(this.#model, pixels);
    const results = await program.run({ image, ...Object.fromEntries(weights) });
    const tiles = this.#head.maps.flatMap(({ channels, height, width }, index) => {
      const from = layers[index]!;
      const size = from.height * from.width;
      const maps = floats(results[`map_${index}`]);
      return Array.from({ length: channels }, (_, channel) => {
        const map = maps.subarray(channel * size, (channel + 1) * size);
        return standardBytes(shrink(map, from, { height, width }), statsOf(map));
      });
    });
    return Buffer.concat(tiles);
  }

  async #prepare(): Promise<Shot> {
    const { train, validation } = this.#job;
    const { graph, parameters } = buildShot(this.#model, this.#head);
    const backend = await this.#openBackend();
    return {
      program: await backend.compile(graph),
      pixels: await readPixels(validation ?? train, this.#model, 1),
      parameters,
      layers: this.#head.maps.map(({ layer }) => requireLayer(this.#model, layer)),
    };
  }
}

/** The first convolution's kernels; maps of it and of the last one, of the first image to validate on. */
function headOf({ train, validation }: TrainJob, model: ResolvedModel): FilmHead | null {
  const layers = imageLayers(model).filter(
    ({ kind, kernels, inside }) => kind === 'conv' && kernels[0] && inside === undefined,
  );
  const first = layers.find(({ type }) => type !== 'Conv2DTranspose');
  const last = layers.at(-1);
  if (!first || !last) return null;
  const filmed = first === last ? [first] : [first, last];
  return {
    format: 1,
    layer: first.name,
    kernel: first.kernels[0]!,
    seesImage: first.seesImage,
    image: (validation ?? train).images?.[0] ?? null,
    maps: filmed.map(({ name: layer, channels, height, width }) => {
      const scale = Math.min(1, MOST_EDGE / Math.max(height, width));
      const edge = (size: number) => Math.max(1, Math.round(size * scale));
      return {
        layer,
        channels: Math.min(channels, MOST_CHANNELS),
        height: edge(height),
        width: edge(width),
      };
    }),
  };
}

/** The model as far as it is filmed; its parameters are inputs, so that one program sees all epochs. */
function buildShot(
  model: ResolvedModel,
  { maps }: FilmHead,
): { graph: Graph; parameters: string[] } {
  const b = new GraphBuilder(`film_${model.name}`);
  const { height, width, channels } = model.input;
  const image = b.input('image', 'uint8', [1, height, width, channels]);
  const inputs = new Map<string, Value>();
  const outputs = new Map<string, Value>();
  const seen = imageLayers(model).find(({ name }) => name === maps.at(-1)?.layer);
  const prefix = model.layers.slice(0, (seen?.path[0] ?? 0) + 1);
  const shapes = new Map(
    allEntries(layoutParameters(model)).map((each) => [each.fullName, each.shape]),
  );
  buildAnswer(b, { ...model, layers: prefix }, pixelsToUnit(b, image), {
    parameter(name) {
      const known = inputs.get(name) ?? b.input(name, 'float32', shapes.get(name) ?? []);
      inputs.set(name, known);
      return known;
    },
    onLayer: (layer, _, output) => outputs.set(layer.name, output),
  });
  for (const [index, { layer }] of maps.entries()) b.output(`map_${index}`, outputs.get(layer)!);
  return { graph: b.finish(), parameters: [...inputs.keys()] };
}
