import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transferModel, usualTop } from '#shared/backbone-model.ts';
import { nodesOf } from '#core/backbones/describe.ts';
import { readBackbone } from '#core/backbones/files.ts';
import { publishedAs } from '#core/backbones/published.ts';
import { checkModel } from '#core/engine/layers/summary.ts';
import { outlineOf } from '#core/engine/backbones/outline.ts';
import { ModelProto } from '#core/engine/graph/onnx-proto.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { tinyBackbone, type TinyBackbone } from '../../helpers/tiny-backbone.ts';

const resources = join(import.meta.dirname, '../../../resources/backbones');

describe('the network in the box', () => {
  const file = join(resources, 'efficientnet-lite0.onnx');

  it('is described as its file is', () => {
    const bytes = readFileSync(file);
    const known = readBackbone(file)!;
    expect(known.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(publishedAs(known.sha256)).toMatchObject({ name: 'EfficientNet-Lite0' });
    expect(outlineOf(known.graph)).toEqual(outlineOf(readOnnx(bytes, file)));
  });

  it('becomes a model from its description alone', () => {
    const { graph, sha256, name } = readBackbone(file)!;
    const { input, cut, metadata } = graph;
    const info = { name, sha256, cut, input, preprocessing: metadata.preprocessing };
    const spec = transferModel({ ...info, nodes: nodesOf({ graph }) }, {});
    const { summary, problem } = checkModel(spec, 12, new Map([[sha256, graph]]));
    expect(problem).toBeNull();
    expect(summary.trainable).toBe(1280 * 12 + 12);
    expect(summary.layers[0]?.output).toEqual([1280]);
  });
});

describe('networks of one’s own', () => {
  let folder: string;
  let core: TestCore;
  let tiny: TinyBackbone;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fovea-backbones-'));
    tiny = tinyBackbone(folder);
    core = await createTestCore();
  });
  afterAll(async () => {
    await core.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are added once, listed, described and removed', async () => {
    const { client } = core;
    const added = await client.backbones.add({ source: tiny.file, name: 'My Tiny' });
    expect(added).toMatchObject({ id: 'my-tiny', boxed: false, sha256: tiny.sha256, origin: null });
    expect(await client.backbones.add({ source: tiny.file })).toEqual(added);
    expect((await client.backbones.list()).map(({ id }) => id)).toContain('my-tiny');
    const { nodes, cut } = await client.backbones.get({ backbone: 'my-tiny' });
    expect(nodes.map(({ op }) => op)).toContain('Conv');
    expect(nodes.some(({ name }) => name === usualTop(nodes, cut))).toBe(true);
    await client.backbones.remove({ backbone: 'my-tiny' });
    await expect(client.backbones.get({ backbone: 'my-tiny' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('keep what a user knows better, until it is taken back', async () => {
    const { client } = core;
    const { id } = await client.backbones.add({ source: tiny.file, name: 'Other' });
    const before = await client.backbones.get({ backbone: id });
    expect(before).toMatchObject({ recognised: null, trainedOn: null, classes: 5, changed: false });
    expect(before.classNames).toEqual(['class 0', 'class 1', 'class 2', 'class 3', 'class 4']);
    const pixels = {
      ...{ height: 8, width: 8, channels: 'bgr' as const },
      ...{ mean: [0.1, 0.2, 0.3], std: [1, 1, 1] },
    };
    const changes = { name: 'Mine', trainedOn: 'leaves', cut: 'maps', preprocessing: pixels };
    await client.backbones.change({ backbone: id, ...changes });
    expect(await client.backbones.get({ backbone: id })).toMatchObject({
      ...changes,
      changed: true,
      proposed: { cut: before.cut },
    });
    const back = await client.backbones.change({ backbone: id, cut: null, name: null });
    expect(back).toMatchObject({ cut: before.cut, name: 'Other', trainedOn: 'leaves' });
    const wrong = { ...pixels, mean: [0.5], std: [1] };
    for (const change of [{ cut: 'nowhere' }, { preprocessing: wrong }]) {
      await expect(client.backbones.change({ backbone: id, ...change })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
    await client.backbones.remove({ backbone: id });
    await client.backbones.add({ source: tiny.file, name: 'Other' });
    expect(await client.backbones.get({ backbone: id })).toMatchObject({ changed: false });
    await client.backbones.remove({ backbone: id });
  });

  it('take in the weights that lie in a file beside them', async () => {
    const { client } = core;
    const message = ModelProto.decode(readFileSync(tiny.file)) as unknown as {
      graph: { initializer: Record<string, unknown>[] };
    };
    const kernel = message.graph.initializer.find(({ name }) => name === 'stem.weight')!;
    const numbers = kernel['raw_data'] as Uint8Array;
    writeFileSync(join(folder, 'beside.data'), numbers);
    kernel['raw_data'] = new Uint8Array();
    kernel['external_data'] = [{ key: 'location', value: 'beside.data' }];
    kernel['data_location'] = 1;
    const source = join(folder, 'beside.onnx');
    writeFileSync(source, ModelProto.encode(message).finish());
    const added = await client.backbones.add({ source });
    rmSync(join(folder, 'beside.data'));
    const file = join(core.folder, 'data', 'backbones', `${added.sha256}.onnx`);
    const bytes = readFileSync(file);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(added.sha256);
    const { weights } = readOnnx(bytes, file);
    expect(weights).toEqual(readOnnx(readFileSync(tiny.file), tiny.file).weights);
    await client.backbones.remove({ backbone: added.id });
    await expect(client.backbones.add({ source })).rejects.toThrow(
      /beside\.data, which is not there/,
    );
  });

  it('are not kept where the file is none', async () => {
    const file = join(folder, 'none.onnx');
    writeFileSync(file, 'not a model');
    const { client } = core;
    await expect(client.backbones.add({ source: file })).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringMatching(/^none\.onnx cannot be read/) as string,
    });
    await expect(client.backbones.add({ source: folder })).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
    });
    expect(existsSync(join(core.folder, 'data', 'backbones', 'none.onnx'))).toBe(false);
  });
});
