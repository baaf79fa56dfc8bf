import { describe, expect, it } from 'vitest';
import { answerGraph } from '#core/engine/export/answer-graph.ts';
import { compareContents } from '#core/engine/export/contents.ts';
import { readBlob } from '#core/engine/export/coreml/blob.ts';
import { toMil } from '#core/engine/export/coreml/convert.ts';
import { coreMlContents, packageFiles, toCoreMl } from '#core/engine/export/coreml/index.ts';
import { CoreMLModel } from '#core/engine/export/coreml/proto.ts';
import { exportModels, exportSource } from '../../../helpers/export-models.ts';

async function filesOf(name: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = await toCoreMl(exportSource(name), {});
  return new Map(Object.entries(files).map(([file, pieces]) => [file, Buffer.concat(pieces)]));
}

interface Written {
  description: {
    input: { name: string; type: unknown }[];
    predictedProbabilitiesName: string;
    metadata: { userDefined: Record<string, string> };
  };
  mlProgram: {
    functions: {
      main: { block_specializations: { CoreML5: { operations: Record<string, unknown>[] } } };
    };
  };
}

describe('a package for Core ML', () => {
  it.each(exportModels)('has every weight, read back from the files: %s', async (name) => {
    const source = exportSource(name);
    const files = await filesOf(name);
    const expected = [...coreMlContents.expected(source)];
    const found = await coreMlContents.found(source, (file) => Promise.resolve(files.get(file)!));
    expect(compareContents(expected, found)).toEqual({
      tensors: expected.length,
      maxDifference: 0,
    });
    // Weights of all views and members are there once.
    const numbers = expected.reduce((sum, [, { data }]) => sum + data.length, 0);
    const own = [...source.parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
    expect(numbers).toBeLessThan(own * 1.5 + 1000);
  });

  it('takes a picture, and answers with the names of the classes', async () => {
    const source = exportSource('blocks');
    const files = await filesOf('blocks');
    const { manifest, model } = packageFiles(source.name);
    const bytes = files.get(model)!;
    const written = CoreMLModel.toObject(CoreMLModel.decode(bytes), {
      longs: Number,
    }) as unknown as Written;
    expect(written.description).toMatchObject({
      input: [{ name: 'image', type: { imageType: { width: 11, height: 13, colorSpace: 20 } } }],
      predictedFeatureName: 'classLabel',
      predictedProbabilitiesName: 'classLabel_probs',
    });
    const { operations } = written.mlProgram.functions.main.block_specializations.CoreML5;
    expect(operations.at(-1)).toMatchObject({ type: 'classify' });
    const text = bytes.toString('latin1');
    for (const name of source.classNames) expect(text).toContain(name);
    const listed = JSON.parse(files.get(manifest)!.toString()) as {
      rootModelIdentifier: string;
      itemInfoEntries: Record<string, { path: string }>;
    };
    expect(listed.itemInfoEntries[listed.rootModelIdentifier]).toMatchObject({
      path: 'com.apple.CoreML/model.mlmodel',
    });
  });

  it('is the same each time', async () => {
    expect(await filesOf('members')).toEqual(await filesOf('members'));
  });

  it('names the operator that it has not', () => {
    const graph = answerGraph(exportSource('blocks'));
    const nodes = graph.nodes.map((node) =>
      node.op === 'MaxPool' ? { ...node, op: 'MaxUnpool' as const } : node,
    );
    expect(() => toMil({ ...graph, nodes })).toThrow(/Core ML has no MaxUnpool/);
  });

  it('says where there are no numbers in the file of weights', async () => {
    const source = exportSource('blocks');
    const weights = (await filesOf('blocks')).get(packageFiles(source.name).weights)!;
    expect(weights.length % 64).toBe(0);
    expect(() => readBlob(weights, 0)).toThrow(/no float32 numbers at 0/);
  });
});
