import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributeTypes } from '#core/engine/graph/onnx-proto.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import {
  encode,
  foreignFile,
  foreignMessage,
  smallModel,
  tensorMessage,
  type ForeignModel,
} from './foreign.ts';
import { readOrExplain, spoiled } from './spoil.ts';

function refusal(file: Uint8Array): string {
  try {
    readOnnx(file, 'model.onnx');
    return 'it was read';
  } catch (error) {
    expect(error).toMatchObject({ name: 'AppError', subject: 'model.onnx' });
    return error instanceof Error ? error.message : '';
  }
}

function refusalOf(model: Partial<ForeignModel>): string {
  return refusal(foreignFile({ ...smallModel, ...model }));
}

/** The message of a small model with another first weight. */
function withTensor(tensor: object): Uint8Array {
  const message = foreignMessage(smallModel);
  const [first, ...rest] = message.graph.initializer;
  return encode({
    ...message,
    graph: { ...message.graph, initializer: [{ ...first, ...tensor }, ...rest] },
  });
}

describe('a file that is no model', () => {
  it('is refused where it ends too early', () => {
    const whole = foreignFile(smallModel);
    for (let end = 0; end < whole.length; end += 7) {
      expect(refusal(whole.subarray(0, end))).toMatch(/^model.onnx cannot be (read|used)/);
    }
  });

  it('is refused where it is something else', () => {
    expect(refusal(Buffer.from('PK\u0003\u0004 and so on'))).toMatch('cannot be read as an ONNX');
    expect(refusal(new Uint8Array())).toMatch('there is no model in it');
  });

  it('is refused for parts that would take a lot of memory', () => {
    // A node takes two bytes in the file: four million of them.
    const nodes = Buffer.alloc(8_000_000, Buffer.from([0x0a, 0x00]));
    const length = Buffer.from([0x80, 0xa4, 0xe8, 0x03]);
    const started = performance.now();
    const heap = process.memoryUsage().heapUsed;
    const file = Buffer.concat([Buffer.from([0x3a]), length, nodes]);
    expect(refusal(file)).toMatch('it has too many parts');
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(500e6);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is refused for nesting', () => {
    // Types of sequences of sequences, and groups in groups.
    let type: Uint8Array = new Uint8Array();
    const wrap = (tag: number, inner: Uint8Array) => {
      const size: number[] = [];
      for (let rest = inner.length; ; rest >>= 7) {
        size.push(rest > 127 ? (rest & 127) | 128 : rest);
        if (rest <= 127) break;
      }
      return Buffer.concat([Buffer.from([tag, ...size]), inner]);
    };
    for (let depth = 0; depth < 200; depth++) type = wrap(0x22, wrap(0x0a, type));
    const input = wrap(0x5a, wrap(0x12, type));
    expect(refusal(wrap(0x3a, input))).toMatch('it is nested too deeply');
    expect(refusal(Buffer.alloc(5_000, 0x9b))).toMatch('it is damaged or no such file');
  });
});

describe('weights', () => {
  it('are not believed to be larger than they are', () => {
    for (const dims of [
      [4, 1, 3, 2 ** 31],
      [2 ** 40],
      [-4, 1, 3, 3],
      [4, 1, 3, 4],
      [2 ** 53, 2 ** 53],
    ]) {
      expect(refusal(withTensor({ dims }))).toMatch(/says it has|impossible sizes/);
    }
  });

  it('are not fetched from other files', () => {
    for (const value of ['../../etc/passwd', '/etc/passwd', 'beside.bin']) {
      const tensor = {
        raw_data: new Uint8Array(),
        external_data: [{ key: 'location', value }],
        data_location: 1,
      };
      expect(refusal(withTensor(tensor))).toMatch('its weights are in a file of their own');
    }
  });

  it('have to be numbers, with names of their own', () => {
    expect(refusal(withTensor({ data_type: 8 }))).toMatch('it holds no numbers');
    expect(refusal(withTensor({ name: 'scale' }))).toMatch('no clear names');
  });
});

describe('a graph', () => {
  it('must not go round in a circle', () => {
    const nodes = [
      { op: 'Add', inputs: ['x', 'b'], outputs: ['a'] },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
    ];
    expect(refusalOf({ nodes })).toMatch('its operators go round in a circle');
  });

  it('needs what it reads, and makes nothing twice', () => {
    expect(refusalOf({ nodes: [{ op: 'Relu', inputs: ['gone'], outputs: ['a'] }] })).toMatch(
      'reads gone, which is not there',
    );
    const twice = { op: 'Relu', inputs: ['x'], outputs: ['a'] };
    expect(refusalOf({ nodes: [twice, twice] })).toMatch('a is made twice');
  });

  it('has a known opset', () => {
    expect(refusalOf({ opset: 99 })).toMatch('its operators are those of opset 99');
    expect(refusalOf({ opset: 3 })).toMatch('opset 3');
  });

  it('has no graphs inside of it', () => {
    const message = foreignMessage(smallModel);
    const branch = { name: 'then_branch', type: 5, g: new Uint8Array([0x0a, 0x00]) };
    const node = { op_type: 'If', input: ['x'], output: ['z'], attribute: [branch] };
    const graph = { ...message.graph, node: [node, ...message.graph.node] };
    expect(refusal(encode({ ...message, graph }))).toMatch('it has a If, which holds a model');
  });

  it('takes one picture', () => {
    expect(refusalOf({ input: ['N', 77] })).toMatch('its input is no picture');
    expect(refusalOf({ input: ['N', 100, 100, 100] })).toMatch('its input is no picture');
    expect(refusalOf({ input: ['N', 1, 100_000, 8] })).toMatch('larger than 4096');
  });

  it('does not grow without end', () => {
    const many = { dims: [4], data: [4096n, 4096n, 4096n, 4096n] };
    const nodes = [
      { op: 'Tile', inputs: ['x', 'many'], outputs: ['t'] },
      ...smallModel.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map((name) => (name === 'x' ? 't' : name)),
      })),
    ];
    expect(refusalOf({ nodes, weights: { ...smallModel.weights, many } })).toMatch(
      /cannot be used: its (Tile|Conv)/,
    );
    const shape = { dims: [3], data: [2n ** 20n, 2n ** 20n, 2n ** 20n] };
    const filled = [
      { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['ones'] },
      { op: 'ReduceSum', inputs: ['ones'], outputs: ['sum'] },
      { op: 'Mul', inputs: ['x', 'sum'], outputs: ['y'] },
    ];
    expect(refusalOf({ nodes: filled, weights: { shape } })).toMatch(
      'it makes very many numbers of a few',
    );
  });

  it('has attributes of the right kinds', () => {
    const message = foreignMessage(smallModel);
    const [conv, ...rest] = message.graph.node;
    for (const attribute of [
      { name: 'kernel_shape', type: attributeTypes.string, s: new Uint8Array([65]) },
      { name: 'kernel_shape', type: attributeTypes.ints, ints: [0, 3] },
      { name: 'strides', type: attributeTypes.ints, ints: [0, 0] },
      { name: 'pads', type: attributeTypes.ints, ints: [-5, 0, 0, 2 ** 40] },
      { name: 'group', type: attributeTypes.int, i: 0 },
      { name: 'dilations', type: attributeTypes.ints, ints: [1e9, 1] },
    ]) {
      const node = [{ ...conv, attribute: [attribute] }, ...rest];
      const refused = refusal(encode({ ...message, graph: { ...message.graph, node } }));
      expect(refused, attribute.name).toMatch(/cannot be used: its Conv/);
    }
  });
});

it('reads tensors in whatever form they come', () => {
  const shape = tensorMessage('shape', { dims: [2], data: [0n, -1n] });
  const message = foreignMessage({
    ...smallModel,
    nodes: smallModel.nodes.map((node) =>
      node.op === 'Flatten' ? { ...node, op: 'Reshape', inputs: ['p', 'shape'] } : node,
    ),
  });
  // 0 and −1 as varints.
  const packed = new Uint8Array([0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
  for (const each of [shape, { ...shape, raw_data: undefined, int64_data: packed }]) {
    const initializer = [...message.graph.initializer, each];
    const graph = readOnnx(encode({ ...message, graph: { ...message.graph, initializer } }), 'm');
    expect(graph.nodes.at(-1)?.shape).toEqual(['batch', 2]);
  }
});

it('explains whatever else happened to a file', () => {
  fc.assert(fc.property(spoiled, readOrExplain), { numRuns: 300, seed: 7 });
});
