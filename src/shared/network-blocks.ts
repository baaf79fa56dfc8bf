/**
 * A pretrained network as blocks that a person can read: runs of operators between places that all of
 * the image's numbers pass through, put together as their authors thought of them.
 */
import type { BackboneNode } from './contract/index.ts';

export type BlockKind =
  | 'convolution'
  | 'depthwise'
  | 'bottleneck'
  | 'residual'
  | 'attention'
  | 'feed-forward'
  | 'branches'
  | 'squeeze'
  | 'pool'
  | 'dense'
  | 'other';

export interface NetworkBlock {
  /** Of the value that it gives out: what a cut behind it is called. */
  name: string;
  kind: BlockKind;
  /** In their order; the last one gives out the value. */
  nodes: readonly BackboneNode[];
  /** As the file has it, without the batch. */
  shape: readonly number[];
  parameters: number;
  /** Gradients flow through all of it. */
  gradient: boolean;
  /** Ways side by side, where it forks; 1 where it does not. */
  ways: number;
}

/** What only follows something: it belongs to the block before it. */
const followers = new Set([
  'BatchNormalization',
  'InstanceNormalization',
  'LayerNormalization',
  'Relu',
  'LeakyRelu',
  'PRelu',
  'Elu',
  'Selu',
  'Celu',
  'Clip',
  'HardSwish',
  'HardSigmoid',
  'Sigmoid',
  'Tanh',
  'Gelu',
  'Erf',
  'Softplus',
  'Mish',
  'Swish',
  'Dropout',
  'Identity',
  'Cast',
  'Flatten',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
  'Softmax',
  'LogSoftmax',
  'Pad',
  'LRN',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Sqrt',
]);
const pools = new Set([
  'MaxPool',
  'AveragePool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'ReduceMean',
  'LpPool',
]);
const products = new Set(['Gemm', 'MatMul']);

/** The blocks up to the answer, in the order in which they compute. */
export function networkBlocks(nodes: readonly BackboneNode[], answer: string): NetworkBlock[] {
  return joined(segments(nodesUpTo(nodes, answer))).map(blockOf);
}

/** Those that a value needs. */
export function nodesUpTo(nodes: readonly BackboneNode[], name: string): BackboneNode[] {
  const needed = new Set([name]);
  const found = nodes.toReversed().filter((node) => {
    if (!needed.has(node.name)) return false;
    for (const input of node.inputs) needed.add(input);
    return true;
  });
  return found.toReversed();
}

/** Runs that end where one value is all that what follows needs. */
function segments(nodes: readonly BackboneNode[]): BackboneNode[][] {
  const lastUse = new Map<string, number>();
  for (const [at, { inputs }] of nodes.entries()) {
    for (const input of inputs.length > 0 ? inputs : ['']) lastUse.set(input, at);
  }
  const found: BackboneNode[][] = [];
  let open: BackboneNode[] = [];
  // The image itself may be needed again further on.
  let needed = lastUse.get('') ?? 0;
  for (const [at, node] of nodes.entries()) {
    open.push(node);
    if (needed <= at) {
      found.push(open);
      open = [];
    }
    needed = Math.max(needed, lastUse.get(node.name) ?? at);
  }
  if (open.length > 0) found.push(open);
  return found;
}

/** What follows goes to what it follows; a bottleneck's convolutions to each other. */
function joined(runs: readonly BackboneNode[][]): BackboneNode[][] {
  const blocks: BackboneNode[][] = [];
  for (const run of runs) {
    const before = blocks.at(-1);
    const forked = run.some(({ op }) => !followers.has(op));
    if (before && !forked && sameSize(before, run)) before.push(...run);
    else if (before && belongs(before, run)) before.push(...run);
    else blocks.push([...run]);
  }
  return blocks;
}

/** Batch normalisation and the like keep the shape; so does what only writes it otherwise. */
function sameSize(before: readonly BackboneNode[], run: readonly BackboneNode[]): boolean {
  const size = (nodes: readonly BackboneNode[]) =>
    (nodes.at(-1)?.shape ?? []).reduce((product, dim) => product * dim, 1);
  return size(before) === size(run);
}

const isPointwise = ({ op, kernel, depthwise }: BackboneNode) =>
  op === 'Conv' && !depthwise && (kernel ?? []).every((edge) => edge === 1);
const convolutions = (nodes: readonly BackboneNode[]) => nodes.filter(({ op }) => op === 'Conv');
const merges = (nodes: readonly BackboneNode[]) => nodes.some(({ inputs }) => inputs.length > 1);

/** 1×1, depthwise, [squeeze and excite], 1×1: one block of MobileNet, EfficientNet and their like. */
function belongs(before: readonly BackboneNode[], run: readonly BackboneNode[]): boolean {
  const own = convolutions(before);
  const [first, ...more] = convolutions(run);
  const residual = before.some(({ op, inputs }) => op === 'Add' && inputs.length > 1);
  if (residual) return false;
  if (kindOf(run) === 'squeeze') return own.some(({ depthwise }) => depthwise);
  if (!first || more.length > 0 || merges(run)) return false;
  if (first.depthwise) return own.length === 1 && isPointwise(own[0]!) && !merges(before);
  const depthwiseAt = own.findIndex(({ depthwise }) => depthwise);
  const squeezed = merges(before) ? 3 : 1;
  return isPointwise(first) && depthwiseAt >= 0 && own.length - depthwiseAt <= squeezed;
}

function blockOf(nodes: readonly BackboneNode[]): NetworkBlock {
  const last = nodes.at(-1)!;
  return {
    name: last.name,
    kind: kindOf(nodes),
    nodes,
    shape: last.shape,
    parameters: nodes.reduce((sum, { parameters }) => sum + parameters, 0),
    gradient: nodes.every(({ gradient }) => gradient),
    ways: waysOf(nodes),
  };
}

function kindOf(nodes: readonly BackboneNode[]): BlockKind {
  const has = (...ops: string[]) => nodes.some(({ op }) => ops.includes(op));
  const joins = (op: string) => nodes.some((node) => node.op === op && node.inputs.length > 1);
  const kernels = convolutions(nodes);
  if (joins('Add') || joins('Sum')) {
    if (has('MatMul') && nodes.slice(0, -1).some(({ op }) => op === 'Softmax')) return 'attention';
    if (kernels.length === 0 && has('MatMul', 'Gemm')) return 'feed-forward';
    if (kernels.length > 0) return 'residual';
  }
  if (joins('Concat')) return 'branches';
  const gate = joins('Mul') && nodes.some(({ op }) => pools.has(op));
  if (kernels.some(({ depthwise }) => depthwise)) {
    return kernels.length > 1 ? 'bottleneck' : 'depthwise';
  }
  if (gate) return 'squeeze';
  if (kernels.length > 0) return 'convolution';
  if (nodes.some(({ op }) => products.has(op))) return 'dense';
  if (nodes.some(({ op }) => pools.has(op))) return 'pool';
  return 'other';
}

/** The most values that are on their way at once. */
function waysOf(nodes: readonly BackboneNode[]): number {
  const own = new Set(nodes.map(({ name }) => name));
  const entries = nodes.filter(({ inputs }) => inputs.every((input) => !own.has(input)));
  const joining = Math.max(1, ...nodes.map(({ inputs }) => inputs.length));
  return Math.max(joining, entries.length);
}
