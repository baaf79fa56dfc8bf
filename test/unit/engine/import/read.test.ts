import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import type { Dim, TensorData } from '#core/engine/graph/types.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import { replay } from '#core/engine/import/replay.ts';
import { foreignFile, numbers, smallModel, type ForeignModel } from './foreign.ts';

const backend = createBackend(chooseBackend('cpu', 1), 1);
const folder = mkdtempSync(join(tmpdir(), 'fovea-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

function picture(dims: number[]): TensorData {
  return { dtype: 'float32', dims, data: Float32Array.from(numbers(dims, 1).data as number[]) };
}

/** What the file gives out, as the runtime itself reads it. */
async function itself(bytes: Uint8Array, x: TensorData): Promise<TensorData> {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, bytes);
  const program = await backend.compile(path);
  const [answer] = Object.values(await program.run({ x }));
  await program.dispose();
  return answer!;
}

async function replayed(
  bytes: Uint8Array,
  x: TensorData,
  { batch = x.dims[0]!, cut }: { batch?: Dim; cut?: string } = {},
): Promise<TensorData> {
  const graph = readOnnx(bytes, 'model.onnx');
  const b = new GraphBuilder('replayed');
  const [, ...rest] = x.dims;
  const [channels, height, width] =
    graph.input.layout === 'nchw' ? rest : [rest[2]!, rest[0]!, rest[1]!];
  const image = b.input('x', 'float32', [batch, ...rest]);
  const nchw = graph.input.layout === 'nchw' ? image : b.transpose(image, [0, 3, 1, 2]);
  expect(nchw.shape).toEqual([batch, channels, height, width]);
  const value = replay(b, graph, nchw, {
    cut: cut ?? graph.outputs[0]!,
    parameter: (name) => b.initializer(name, graph.weights.get(name)!),
  });
  b.output('y', value);
  const program = await backend.compile(b.finish());
  const { y } = await program.run({ x });
  await program.dispose();
  return y!;
}

async function expectSame(model: ForeignModel, dims: number[]): Promise<void> {
  const bytes = foreignFile(model);
  const x = picture(dims);
  const expected = await itself(bytes, x);
  for (const batch of [dims[0]!, 'batch']) {
    const found = await replayed(bytes, x, { batch });
    expect(found.dims).toEqual(expected.dims);
    for (const [at, value] of [...found.data].entries()) {
      expect(Number(value)).toBeCloseTo(Number(expected.data[at]), 4);
    }
  }
}

describe('a model by hand', () => {
  const graph = readOnnx(foreignFile(smallModel), 'model.onnx');

  it('has its input, nodes, weights and statistics', () => {
    expect(graph.input).toEqual({
      name: 'x',
      layout: 'nchw',
      channels: 1,
      height: 8,
      width: 8,
      batch: null,
    });
    expect(graph.nodes.map(({ op, shape }) => `${op} ${shape?.join()}`)).toEqual([
      'Conv batch,4,4,4',
      'BatchNormalization batch,4,4,4',
      'HardSwish batch,4,4,4',
      'GlobalAveragePool batch,4,1,1',
      'Flatten batch,4',
      'Dropout batch,4',
      'Gemm batch,2',
    ]);
    expect([...graph.weights.keys()]).toEqual(Object.keys(smallModel.weights!));
    expect([...graph.statistics]).toEqual(['mean', 'variance']);
    expect(graph.nodes.every(({ gradient }) => gradient)).toBe(true);
  });

  it('is cut before its classifier, not behind the dropout', () => {
    expect(graph.cut).toBe('f');
  });

  it('answers as the runtime does', () => expectSame(smallModel, [3, 1, 8, 8]));
});

it('takes pictures with their channels last', () =>
  expectSame(
    {
      ...smallModel,
      input: ['N', 8, 8, 1],
      nodes: [
        { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [0, 3, 1, 2] } },
        { ...smallModel.nodes[0]!, inputs: ['t', 'kernel'] },
        ...smallModel.nodes.slice(1),
      ],
    },
    [2, 8, 8, 1],
  ));

it('frees a model from the batch that it was written for', async () => {
  const model: ForeignModel = {
    ...smallModel,
    input: [1, 1, 8, 8],
    weights: { ...smallModel.weights, shape: { dims: [2], data: [1n, 4n] } },
    nodes: smallModel.nodes.map((node) =>
      node.op === 'Flatten' ? { ...node, op: 'Reshape', inputs: ['p', 'shape'] } : node,
    ),
  };
  const x = picture([3, 1, 8, 8]);
  const expected = await itself(foreignFile(smallModel), x);
  for (const batch of [3, 'batch']) {
    const found = await replayed(foreignFile(model), x, { batch });
    expect([...found.data]).toEqual([...expected.data]);
  }
});

it('gives each layer its own of numbers that are stored once', () => {
  const conv = { op: 'Conv', attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } };
  const graph = readOnnx(
    foreignFile({
      weights: {
        kernel: numbers([1, 1, 3, 3]),
        zero: { dims: [1], data: [0] },
        table: numbers([8]),
      },
      nodes: [
        { op: 'Identity', inputs: ['zero'], outputs: ['other'] },
        { ...conv, inputs: ['x', 'kernel', 'zero'], outputs: ['a'] },
        { ...conv, inputs: ['a', 'kernel', 'other'], outputs: ['b'] },
        { op: 'Add', inputs: ['b', 'table'], outputs: ['c'] },
        { op: 'Add', inputs: ['table', 'c'], outputs: ['d'] },
      ],
    }),
    'model.onnx',
  );
  const names = ['kernel', 'kernel#2', 'other', 'table', 'table#2', 'zero'];
  expect([...graph.weights.keys()].sort()).toEqual(names);
});

it('says which operator stands in the way', () => {
  const nodes = [
    { op: 'Fancy', inputs: ['x'], outputs: ['f'], domain: 'com.example' },
    { ...smallModel.nodes[0]!, inputs: ['f', 'kernel'] },
  ];
  expect(() => readOnnx(foreignFile({ ...smallModel, nodes }), 'model.onnx')).toThrow(
    'model.onnx cannot be used: its com.example.Fancy (f) cannot be used: it is not supported.',
  );
});

it('names a value that is not there', async () => {
  const x = picture([1, 1, 8, 8]);
  await expect(replayed(foreignFile(smallModel), x, { cut: 'nothing' })).rejects.toThrow(
    'The imported model has no value called nothing.',
  );
});
