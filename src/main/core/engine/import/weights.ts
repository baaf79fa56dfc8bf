/** Which of a file's numbers are weights, which are statistics, and which are just numbers. */
import type { ParsedModel, ParsedNode } from './parse.ts';
import type { KnownTensor } from './types.ts';

/** Inputs that are a layer's own parameters. */
const parametric: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  BatchNormalization: [1, 2],
  LayerNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
  PRelu: [1],
};
/** Inputs that are settings, though they may be float. */
const settings: Readonly<Record<string, readonly number[]>> = {
  Clip: [1, 2],
  Pad: [1, 2],
  Pow: [1],
  Resize: [1, 2],
  Upsample: [1],
  Where: [0],
};
const STATISTICS = [3, 4];
/** What may be done to pixels before the first layer. */
const onPixels = new Set(['Add', 'Sub', 'Mul', 'Div']);
/** What is a layer where one side comes from the image: a bias, a scale, a projection. */
const layers = new Set([...onPixels, 'MatMul']);
const movesPixels = new Set(['Cast', 'Concat', 'Identity', 'Pad', 'Slice', 'Split', 'Transpose']);

export interface SortedNumbers {
  nodes: ParsedNode[];
  weights: Map<string, KnownTensor>;
  statistics: Set<string>;
  constants: Map<string, KnownTensor>;
}

/**
 * Floats that a layer has as parameters are weights, and so are a file's other floats but for single
 * numbers (or a few that stand in the graph), settings, and what is done to pixels before the first
 * layer. Exporters store equal numbers once: each layer gets its own.
 */
export function sortNumbers({ nodes, initializers, constants, input }: ParsedModel): SortedNumbers {
  const all = new Map([...initializers, ...constants]);
  const weights = new Map<string, KnownTensor>();
  const statistics = new Set<string>();
  const taken = new Set<string>();
  const before = new Set([input.name]);
  const images = new Set([input.name]);
  const aliases = new Map<string, string>();
  const result: ParsedNode[] = [];
  const own = (name: string, tensor: KnownTensor): string => {
    let free = name;
    for (let copy = 2; taken.has(free); copy++) free = `${name}#${copy}`;
    taken.add(free);
    weights.set(free, tensor);
    return free;
  };
  for (const node of nodes) {
    const { op } = node;
    // An exporter's other name for the same stored numbers.
    const [only = ''] = node.inputs;
    if (op === 'Identity' && initializers.has(aliases.get(only) ?? only)) {
      if (node.outputs[0]) aliases.set(node.outputs[0], aliases.get(only) ?? only);
      continue;
    }
    const early =
      node.inputs.some((name) => before.has(name)) && (onPixels.has(op) || movesPixels.has(op));
    const seesImage =
      !['Shape', 'Size'].includes(op) && node.inputs.some((name) => images.has(name));
    if (seesImage) for (const name of node.outputs) images.add(name);
    const inputs = node.inputs.map((name, index) => {
      const source = aliases.get(name) ?? name;
      const tensor = all.get(source);
      if (tensor?.dtype !== 'float32') return source;
      const isStatistic = op === 'BatchNormalization' && STATISTICS.includes(index);
      if (parametric[op]?.includes(index) || isStatistic) {
        const weight = own(name, tensor);
        if (isStatistic) statistics.add(weight);
        return weight;
      }
      const few = tensor.data.length < (initializers.has(source) ? 2 : 16);
      if (few || early || settings[op]?.includes(index)) return source;
      if (seesImage && layers.has(op)) return own(name, tensor);
      if (!weights.has(source)) own(source, tensor);
      return source;
    });
    if (early) for (const name of node.outputs) before.add(name);
    result.push({ ...node, inputs });
  }
  const used = new Set(result.flatMap(({ inputs }) => inputs));
  const rest = [...all].filter(([name]) => used.has(name) && !weights.has(name));
  return { nodes: result, weights, statistics, constants: new Map(rest) };
}
