/** A model of Keras layers as a file has it, whatever the file. */
import * as z from 'zod';
import { AppError } from '#shared/errors.ts';

export interface ForeignLayer {
  name: string;
  className: string;
  config: Readonly<Record<string, unknown>>;
  /** Names of the layers that it takes from. */
  inputs: readonly string[];
}

export interface ForeignWeight {
  shape: readonly number[];
  /** @throws AppError SOURCE_UNREADABLE */
  read(): Float32Array;
}

export interface ForeignModel {
  name: string;
  /** By name, each after those that it takes from. */
  layers: ReadonlyMap<string, ForeignLayer>;
  /** Height, width, channels. */
  input: readonly [number, number, number];
  output: string;
  /** Keras 2 and TensorFlow.js mean another function by hard_sigmoid. */
  keras3: boolean;
}

export interface ForeignFile {
  model: ForeignModel;
  /** Of one layer, in Keras' order. */
  weights(layer: ForeignLayer): readonly ForeignWeight[];
  classes: string[] | null;
  close(): void;
}

/** What is wrong with a layer, or with the whole model. */
export function unsupported(subject: string, what: string): AppError {
  return new AppError('MODEL_INVALID', `${subject}: ${what}`, {
    subject,
    hint: 'Models made of the layers that Fovea has can be read; take others as ONNX.',
  });
}

export function damaged(subject: string, cause?: unknown): AppError {
  return new AppError('SOURCE_UNREADABLE', `${subject} is damaged, or holds no Keras model.`, {
    subject,
    hint: 'Choose a .keras or .h5 file, or the model.json of TensorFlow.js.',
    cause,
  });
}

const MOST_LAYERS = 2000;
const settings = z.record(z.string(), z.unknown());
const layerJson = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: settings,
  inbound_nodes: z.array(z.unknown()).optional(),
});
const layersJson = z.array(layerJson).min(1).max(MOST_LAYERS);
const modelJson = z.object({
  class_name: z.enum(['Functional', 'Model', 'Sequential']),
  config: z.union([
    z.looseObject({ name: z.string().default('model'), layers: layersJson }),
    // Sequential models of old versions.
    layersJson.transform((layers) => ({ name: 'model', layers })),
  ]),
});
type LayerJson = z.infer<typeof layerJson>;

/** @throws AppError SOURCE_UNREADABLE, MODEL_INVALID */
export function readConfig(json: unknown, subject: string, keras3: boolean): ForeignModel {
  const parsed = modelJson.safeParse(json);
  if (!parsed.success) throw damaged(subject, parsed.error);
  const { class_name: className, config } = parsed.data;
  const sequential = className === 'Sequential';
  const raw = sequential ? chain(config.layers) : config.layers.map(functional(subject));
  const layers = ordered(raw, subject);
  const outputs = sequential ? [raw.at(-1)!.name] : historiesIn(field(config, 'output_layers'));
  const [output, ...more] = outputs;
  if (output === undefined || !layers.has(output)) throw damaged(subject);
  if (more.length > 0) throw unsupported(subject, 'it has several outputs.');
  const shape = inputShape(raw, field(config, 'build_input_shape'));
  if (!shape) throw unsupported(subject, 'its input is not an image of a known size.');
  return { name: config.name, layers, input: shape, output, keras3 };
}

function field(config: object, name: string): unknown {
  return (config as Record<string, unknown>)[name];
}

function nameOf({ name, config, class_name: className }: LayerJson, index: number): string {
  const own = config['name'] ?? name;
  return typeof own === 'string' && own !== '' ? own.slice(0, 100) : `${className}_${index}`;
}

function chain(layers: readonly LayerJson[]): ForeignLayer[] {
  const names = layers.map(nameOf);
  return layers.map(({ class_name: className, config }, index) => ({
    name: names[index]!,
    className,
    config,
    inputs: index === 0 ? [] : [names[index - 1]!],
  }));
}

const functional =
  (subject: string) =>
  (layer: LayerJson, index: number): ForeignLayer => {
    const { class_name: className, config, inbound_nodes: nodes = [] } = layer;
    const name = nameOf(layer, index);
    if (nodes.length > 1) {
      throw unsupported(subject, `the layer ${name} is used ${nodes.length} times.`);
    }
    return { name, className, config, inputs: historiesIn(nodes[0] ?? []) };
  };

/**
 * Names of layers in a node: `[name, 0, 0]` at any depth (Keras 2), or the same as `keras_history` of
 * tensors (Keras 3).
 */
function historiesIn(value: unknown, depth = 0): string[] {
  if (depth > 8 || typeof value !== 'object' || value === null) return [];
  if (!Array.isArray(value)) {
    const record = value as Record<string, unknown>;
    if ('keras_history' in record) return historiesIn(record['keras_history'], depth + 1);
    return ['args', 'config'].flatMap((key) => historiesIn(record[key], depth + 1));
  }
  const [name, call, tensor] = value as unknown[];
  if (typeof name === 'string' && typeof call === 'number' && typeof tensor === 'number') {
    return [name.slice(0, 100)];
  }
  return value.flatMap((each) => historiesIn(each, depth + 1));
}

/** Each layer after its inputs; a circle, a missing or a doubled name is damage. */
function ordered(layers: readonly ForeignLayer[], subject: string): Map<string, ForeignLayer> {
  const all = new Map(layers.map((layer) => [layer.name, layer]));
  if (all.size !== layers.length) throw damaged(subject);
  const done = new Map<string, ForeignLayer>();
  let waiting = layers;
  while (waiting.length > 0) {
    const next: ForeignLayer[] = [];
    for (const layer of waiting) {
      if (layer.inputs.every((input) => done.has(input))) done.set(layer.name, layer);
      else next.push(layer);
    }
    if (next.length === waiting.length) throw damaged(subject);
    waiting = next;
  }
  return done;
}

function inputShape(
  layers: readonly ForeignLayer[],
  built: unknown,
): [number, number, number] | null {
  const inputs = layers.filter(({ inputs: from }) => from.length === 0);
  const [first] = inputs;
  if (!first || inputs.length > 1) return null;
  const { config } = first;
  const shape = config['batch_shape'] ?? config['batch_input_shape'] ?? built;
  const parsed = z
    .tuple([z.null().or(z.number()), z.number().int(), z.number().int(), z.number().int()])
    .safeParse(shape);
  return parsed.success ? [parsed.data[1], parsed.data[2], parsed.data[3]] : null;
}
