import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset } from '#shared/presets/index.ts';
import { gradients } from '#core/engine/autodiff.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { ModelProto } from '#core/engine/graph/onnx-proto.ts';
import { printGraph } from '#core/engine/graph/print.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import { validate } from '#core/engine/graph/validate.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import { buildExport } from '#core/engine/programs/inference.ts';
import { blockedLowerings } from '#core/engine/ops/lowerings.ts';
import { allEntries, layoutParameters } from '#core/engine/programs/parameters.ts';
import { buildTrainStep } from '#core/engine/programs/train-step.ts';
import { tinySpec } from './helpers.ts';

describe('graph', () => {
  it('prints a training step', async () => {
    const { graph } = buildTrainStep({ spec: tinySpec, classes: 3, batch: 2 });
    await expect(printGraph(graph)).toMatchFileSnapshot('__snapshots__/train-tiny.txt');
  });

  it('prints a training step with its channels in blocks', async () => {
    const spec: ModelSpec = {
      ...tinySpec,
      layers: [
        { type: 'conv2d', filters: 16, kernel: [3, 3], activation: 'relu' },
        { type: 'maxpool2d', size: [2, 2] },
        { type: 'conv2d', filters: 16, kernel: [2, 2], padding: 'same' },
        { type: 'batchnorm' },
        { type: 'flatten' },
        { type: 'dense', units: 'classes', activation: 'softmax' },
      ],
    };
    const lowerings = blockedLowerings(16);
    const { graph } = buildTrainStep({ spec, classes: 3, batch: 2, lowerings });
    await expect(printGraph(graph)).toMatchFileSnapshot('__snapshots__/train-blocked.txt');
  });

  it('prints an exported model', async () => {
    const model = resolveModel(tinySpec, 3);
    const parameters = new Map(
      allEntries(layoutParameters(model)).map(({ fullName, shape, size }) => [
        fullName,
        { shape, data: new Float32Array(size) },
      ]),
    );
    const graph = buildExport(model, parameters);
    await expect(printGraph(graph)).toMatchFileSnapshot('__snapshots__/export-tiny.txt');
  });

  it('is the same to the byte every time', () => {
    const build = () =>
      toOnnx(buildTrainStep({ spec: findPreset('lenet')!.spec, classes: 10, batch: 8 }).graph);
    expect(Buffer.compare(build(), build())).toBe(0);
  });

  it('writes metadata and dynamic axes', () => {
    const b = new GraphBuilder('g');
    b.output('y', b.op('Neg', [b.input('x', 'float32', ['batch', 3])]));
    const bytes = toOnnx(b.finish(), { metadata: { classes: '["a"]' } });
    const decoded = ModelProto.toObject(ModelProto.decode(bytes), { longs: Number }) as {
      metadata_props: unknown;
      graph: { input: { type: { tensor_type: { shape: { dim: unknown } } } }[] };
    };
    expect(decoded.metadata_props).toEqual([{ key: 'classes', value: '["a"]' }]);
    expect(decoded.graph.input[0]?.type.tensor_type.shape.dim).toEqual([
      { dim_param: 'batch' },
      { dim_value: 3 },
    ]);
  });

  it('drops what no output needs', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    b.op('Exp', [x]);
    b.output('y', b.op('Neg', [x]));
    expect(b.finish().nodes.map(({ op }) => op)).toEqual(['Neg']);
  });

  it('names the operator that has no gradient', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2]);
    const loss = b.op('ReduceSum', [b.op('Round', [x])], { keepdims: 0 });
    expect(() => gradients(b, loss, [x])).toThrow(/^Round .* has no gradient$/);
  });

  it('gives an unused parameter a zero gradient', () => {
    const b = new GraphBuilder('g');
    const used = b.input('used', 'float32', [2]);
    const unused = b.input('unused', 'float32', [3]);
    const loss = b.op('ReduceSum', [used], { keepdims: 0 });
    const [, zero] = gradients(b, loss, [used, unused]);
    expect(zero?.shape).toEqual([3]);
  });

  it('rejects what does not fit, with both shapes', () => {
    const b = new GraphBuilder('g');
    const x = b.input('x', 'float32', [2, 3]);
    const y = b.input('y', 'float32', [4, 5]);
    expect(() => b.op('Add', [x, y])).toThrow('[2, 3] with [4, 5]');
    expect(() => b.op('Gemm', [x, y])).toThrow('[2, 3] and [4, 5]');
    expect(() => b.op('Add', [x, b.ints([1])])).toThrow('float32 and int64');
    expect(() => b.input('x', 'float32', [1])).toThrow('two values are called x');
  });

  it('finds a graph that uses a value before it is made', () => {
    const b = new GraphBuilder('g');
    b.output('y', b.op('Neg', [b.op('Exp', [b.input('x', 'float32', [2])])]));
    const graph = b.finish();
    expect(() => validate({ ...graph, nodes: graph.nodes.toReversed() })).toThrow(
      'before it is made',
    );
  });
});
