import { ops } from '../ops/index.ts';
import { defaultLowerings, type Lowerings } from '../ops/lowerings.ts';
import type { OpName } from './op-names.ts';
import { GraphError, elements, formatShape, sameShape } from './shape.ts';
import type { Attributes, DType, Graph, Node, Shape, TensorData, Value } from './types.ts';
import { validate } from './validate.ts';

/**
 * Builds one graph. Passed in to whoever adds to it; names come from a counter, so the same calls
 * give the same graph to the byte.
 */
export class GraphBuilder {
  readonly name: string;
  /** Which of several equivalent formulations an operator's gradient uses. */
  readonly lowerings: Lowerings;
  readonly #inputs: Value[] = [];
  readonly #constants = new Map<string, Value>();
  readonly #nodes: Node[] = [];
  readonly #outputs = new Map<string, Value>();
  readonly #names = new Set<string>();
  /** What a value was before it was reshaped, and the result of each reshape. */
  readonly #reshaped = new Map<Value, Value>();
  readonly #reshapes = new Map<string, Value>();
  #counter = 0;

  constructor(name: string, lowerings: Lowerings = defaultLowerings) {
    this.name = name;
    this.lowerings = lowerings;
  }

  /** The nodes so far, in topological order. */
  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  input(name: string, dtype: DType, shape: Shape): Value {
    const value: Value = { name: this.#claim(name), dtype, shape };
    this.#inputs.push(value);
    return value;
  }

  /** A named constant, such as a trained weight. */
  initializer(name: string, tensor: TensorData): Value {
    if (tensor.data.length !== elements(tensor.dims)) {
      throw new GraphError(
        `${name}: ${tensor.data.length} numbers do not fill ${formatShape(tensor.dims)}`,
      );
    }
    const value: Value = {
      name: this.#claim(name),
      dtype: tensor.dtype,
      shape: tensor.dims,
      constant: tensor,
    };
    this.#constants.set(name, value);
    return value;
  }

  /** A float32 constant; the same number is stored once. */
  scalar(number: number): Value {
    return this.#shared(`f:${number}`, {
      dtype: 'float32',
      dims: [],
      data: Float32Array.of(number),
    });
  }

  /** A one-dimensional int64 constant; the same list is stored once. */
  ints(numbers: readonly number[]): Value {
    return this.#shared(`i:${numbers.join()}`, {
      dtype: 'int64',
      dims: [numbers.length],
      data: BigInt64Array.from(numbers, BigInt),
    });
  }

  tensor(data: TensorData): Value {
    return this.initializer(`const_${this.#counter++}`, data);
  }

  #shared(key: string, tensor: TensorData): Value {
    const known = this.#constants.get(key);
    if (known) return known;
    const value: Value = {
      name: this.#claim(`const_${this.#counter++}`),
      dtype: tensor.dtype,
      shape: tensor.dims,
      constant: tensor,
    };
    this.#constants.set(key, value);
    return value;
  }

  /** Adds a node and answers all its outputs. */
  node(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value[] {
    const types = ops[op].infer(inputs, attributes);
    const index = this.#counter++;
    const outputs = types.map(({ dtype, shape }, position): Value => {
      const suffix = position === 0 ? '' : `_${position}`;
      return { name: this.#claim(`${op.toLowerCase()}_${index}${suffix}`), dtype, shape };
    });
    this.#nodes.push({ op, inputs, outputs, attributes });
    return outputs;
  }

  /** Adds a node and answers its first output. */
  op(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value {
    const [value] = this.node(op, inputs, attributes);
    if (!value) throw new GraphError(`${op} has no output`);
    return value;
  }

  /** The same numbers in another shape; of a reshaped value, of what that was before. */
  reshape(value: Value, shape: readonly number[]): Value {
    // A 0 keeps a dimension of exactly this value.
    const source = shape.includes(0) ? value : (this.#reshaped.get(value) ?? value);
    if (sameShape(source.shape, shape)) return source;
    const key = `${source.name} ${shape.join()}`;
    const known = this.#reshapes.get(key);
    if (known) return known;
    const result = this.op('Reshape', [source, this.ints(shape)]);
    this.#reshaped.set(result, source);
    this.#reshapes.set(key, result);
    return result;
  }

  transpose(value: Value, perm: readonly number[]): Value {
    return this.op('Transpose', [value], { perm });
  }

  /** Makes `value` an output under a public name. */
  output(name: string, value: Value): void {
    const taken = [...this.#outputs.values()].includes(value);
    const passedThrough = this.#inputs.includes(value) || value.constant !== undefined;
    this.#outputs.set(name, taken || passedThrough ? this.op('Identity', [value]) : value);
  }

  /** The finished graph, without the nodes that no output needs, checked. */
  finish(): Graph {
    const needed = new Set<Value>(this.#outputs.values());
    const nodes: Node[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((value) => needed.has(value))) continue;
      nodes.push(trimmed(node, needed));
      for (const value of node.inputs) if (value) needed.add(value);
    }
    const graph: Graph = {
      name: this.name,
      inputs: this.#inputs,
      constants: [...this.#constants.values()].filter((value) => needed.has(value)),
      nodes: nodes.toReversed(),
      outputs: this.#outputs,
    };
    validate(graph);
    return graph;
  }

  #claim(name: string): string {
    if (this.#names.has(name)) throw new GraphError(`two values are called ${name}`);
    this.#names.add(name);
    return name;
  }
}

/** Without the optional outputs at the end that nothing reads: kernels are faster without them. */
function trimmed(node: Node, needed: ReadonlySet<Value>): Node {
  if (!ops[node.op].optionalOutputs) return node;
  const used = node.outputs.findLastIndex((value) => needed.has(value));
  return { ...node, outputs: node.outputs.slice(0, used + 1) };
}
