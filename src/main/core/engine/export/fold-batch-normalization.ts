/**
 * Batch normalisation of a finished model is a scale and a shift for each channel: they go into the
 * weights before it where it follows a convolution or a matrix product, else a product and a sum
 * stand for them.
 */
import { GraphError } from '../graph/shape.ts';
import type { Graph, Node, Value } from '../graph/types.ts';
import { countUses, floatsOf, makers, Rewriter } from './rewrite.ts';

/** y = scale · x + shift, in double precision. */
interface Affine {
  /** The same for the same parameters. */
  key: string;
  scale: Float64Array;
  shift: Float64Array;
}

export function foldBatchNormalization(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  const uses = countUses(graph);
  const made = makers(graph);
  const folded = new Set<Node>();
  /** Views and members look with the same weights: folded once. */
  const weights = new Map<string, { kernel: Value; bias: Value }>();
  const targets = new Map<Node, { node: Node; affine: Affine }>();
  for (const node of graph.nodes) {
    if (node.op !== 'BatchNormalization') continue;
    const before = made.get(node.inputs[0]!);
    if (!before || uses.get(node.inputs[0]!) !== 1 || !isLinear(before)) continue;
    targets.set(before, { node, affine: affineOf(node) });
    folded.add(node);
  }
  for (const node of graph.nodes) {
    const target = targets.get(node);
    if (target) foldInto(rewriter, node, target.node, target.affine, weights);
    else if (folded.has(node)) continue;
    else if (node.op === 'BatchNormalization') asProductAndSum(rewriter, node);
    else rewriter.keep(node);
  }
  return rewriter.finish();
}

function affineOf({ inputs, attributes }: Node): Affine {
  const [gamma, beta, mean, variance] = inputs.slice(1).map(floatsOf);
  if (!gamma || !beta || !mean || !variance) {
    throw new GraphError('a batch normalisation without constants');
  }
  const epsilon = Number(attributes['epsilon'] ?? 1e-5);
  const scale = Float64Array.from(gamma, (value, c) => value / Math.sqrt(variance[c]! + epsilon));
  const shift = Float64Array.from(beta, (value, c) => value - mean[c]! * scale[c]!);
  const key = [...inputs.slice(1).map((value) => value?.name), epsilon].join(' ');
  return { key, scale, shift };
}

/** Whether its weights are constants that a scale can go into. */
function isLinear({ op, inputs, attributes }: Node): boolean {
  const [, kernel, bias] = inputs;
  if (!floatsOf(kernel) || (bias && !floatsOf(bias))) return false;
  if (op === 'ConvTranspose') return (attributes['group'] ?? 1) === 1;
  if (op === 'Gemm') {
    const plain = (attributes['alpha'] ?? 1) === 1 && (attributes['beta'] ?? 1) === 1;
    return plain && (bias?.shape.length ?? 1) === 1;
  }
  return op === 'Conv';
}

/** The axis of the kernel that runs over output channels. */
function outputAxis({ op, attributes }: Node): number {
  return op === 'ConvTranspose' || (op === 'Gemm' && !attributes['transB']) ? 1 : 0;
}

function foldInto(
  rewriter: Rewriter,
  node: Node,
  normalization: Node,
  affine: Affine,
  cache: Map<string, { kernel: Value; bias: Value }>,
): void {
  const [x, kernel, bias] = node.inputs;
  const key = `${kernel!.name} ${bias?.name ?? ''} ${affine.key}`;
  let found = cache.get(key);
  if (!found) {
    found = scaled(rewriter, outputAxis(node), kernel!, floatsOf(bias), affine);
    cache.set(key, found);
  }
  rewriter.push({
    ...node,
    inputs: [rewriter.now(x!), found.kernel, found.bias],
    outputs: normalization.outputs,
  });
}

function scaled(
  rewriter: Rewriter,
  axis: number,
  kernel: Value,
  bias: Float32Array | null,
  { scale, shift }: Affine,
): { kernel: Value; bias: Value } {
  const { dims, data } = kernel.constant!;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const channels = scale.length;
  const weights = Float32Array.from(
    data as Float32Array,
    (value, at) => value * scale[Math.floor(at / inner) % channels]!,
  );
  const sums = Float32Array.from(shift, (value, c) => value + (bias?.[c] ?? 0) * scale[c]!);
  return {
    kernel: rewriter.constant(`${kernel.name}_scaled`, { dtype: 'float32', dims, data: weights }),
    bias: rewriter.constant(`${kernel.name}_shift`, {
      dtype: 'float32',
      dims: [channels],
      data: sums,
    }),
  };
}

function asProductAndSum(rewriter: Rewriter, node: Node): void {
  const [x] = node.inputs;
  const [y] = node.outputs;
  const { scale, shift } = affineOf(node);
  const dims = [1, scale.length, ...x!.shape.slice(2).map(() => 1)];
  const constant = (what: string, data: Float64Array) =>
    rewriter.constant(`${y!.name}_${what}`, {
      dtype: 'float32',
      dims,
      data: Float32Array.from(data),
    });
  const type = { dtype: y!.dtype, shape: y!.shape };
  const product = rewriter.node('Mul', [rewriter.now(x!), constant('scale', scale)], type, {
    name: `${y!.name}_product`,
  });
  rewriter.push({
    op: 'Add',
    inputs: [product, constant('shift', shift)],
    outputs: [y!],
    attributes: {},
  });
}
