import { describe, expect, it } from 'vitest';
import { answerGraph } from '#core/engine/export/answer-graph.ts';
import { compareContents } from '#core/engine/export/contents.ts';
import { toLite } from '#core/engine/export/tflite/convert.ts';
import { transpose } from '#core/engine/export/tflite/builder.ts';
import { tfliteContents, toTflite } from '#core/engine/export/tflite/index.ts';
import { exportModels, exportSource } from '../../../helpers/export-models.ts';

async function bytesOf(name: string): Promise<Uint8Array> {
  const source = exportSource(name);
  const files = await toTflite(source, {});
  return Buffer.concat(files[`${source.name}.tflite`]!);
}

describe('a model for TFLite', () => {
  it.each(exportModels)('has every weight, read back from the file: %s', async (name) => {
    const source = exportSource(name);
    const bytes = await bytesOf(name);
    expect(String.fromCharCode(...bytes.subarray(4, 8))).toBe('TFL3');
    const expected = [...tfliteContents.expected(source)];
    const found = await tfliteContents.found(source, () => Promise.resolve(bytes));
    expect(compareContents(expected, found)).toEqual({
      tensors: expected.length,
      maxDifference: 0,
    });
    // Weights of all views and members are there once.
    const numbers = expected.reduce((sum, [, { data }]) => sum + data.length, 0);
    const own = [...source.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(numbers).toBeLessThan(own * 1.5 + 1000);
  });

  it('has activations and batch normalisation inside of its convolutions', () => {
    const { operators } = toLite(answerGraph(exportSource('blocks')));
    expect(operators.map(({ op }) => op)).toEqual([
      'CAST',
      'DIV',
      'CONV_2D',
      'MAX_POOL_2D',
      'CONV_2D',
      'CONV_2D',
      'CONCATENATION',
      'CONV_2D',
      'ADD',
      'CONV_2D',
      'ADD',
      'MEAN',
      'RESHAPE',
      'FULLY_CONNECTED',
      'NEG',
      'ABS',
      'NEG',
      'EXP',
      'ADD',
      'LOG',
      'RELU',
      'ADD',
      'NEG',
      'SOFTMAX',
    ]);
  });

  it('names the operator that it has not', () => {
    const graph = answerGraph(exportSource('blocks'));
    const nodes = graph.nodes.map((node) =>
      node.op === 'MaxPool' ? { ...node, op: 'MaxUnpool' as const } : node,
    );
    expect(() => toLite({ ...graph, nodes })).toThrow(/no MaxUnpool/);
  });

  it('turns axes as NumPy does', () => {
    const data = Float32Array.from({ length: 24 }, (_, index) => index);
    expect([...transpose(data, [2, 3, 4], [2, 0, 1])].slice(0, 8)).toEqual([
      0, 4, 8, 12, 16, 20, 1, 5,
    ]);
  });
});
