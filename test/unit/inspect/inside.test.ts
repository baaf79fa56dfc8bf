/** Looking inside of a pretrained network. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '#shared/model-spec.ts';
import { openBackbone } from '#core/engine/backbones/open.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { camLayer, imageLayers } from '#core/engine/inspect/layers.ts';
import { boxAt, receptiveField } from '#core/engine/inspect/receptive-field.ts';
import { InspectService } from '#core/engine/inspect/service.ts';
import type { InspectTask, InspectTasks } from '#core/engine/inspect/tasks.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import { Random } from '#core/engine/random.ts';
import { innerRun } from '../../helpers/inner-run.ts';
import { tinyBackbone } from '../../helpers/tiny-backbone.ts';
import { bars, temporaryFolder } from '../engine/helpers.ts';

const [mean, std] = [0.4, 0.25];

async function open(cut = 'maps') {
  const folder = await temporaryFolder();
  const tiny = tinyBackbone(folder);
  const graph = await openBackbone(tiny.file);
  const spec: ModelSpec = {
    name: 'on tiny',
    input: { height: 8, width: 8, channels: 1 },
    layers: [
      {
        ...{ type: 'backbone', model: tiny.sha256, cut },
        preprocessing: {
          channels: 'rgb',
          mean: [mean, mean, mean],
          std: [std, std, std],
        },
      },
      ...(cut === 'maps' ? [{ type: 'globalaveragepool2d' as const }] : []),
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ],
    loss: 'crossentropy',
    optimizer: { type: 'adam' },
  };
  const random = new Random(3, 'head');
  const kernel = Float32Array.from({ length: 8 * 3 }, () => random.uniform() - 0.5);
  await innerRun(folder, spec, 3, { [tiny.sha256]: 'tiny.onnx' }, [
    ['dense/kernel', { shape: [8, 3], data: kernel }],
    ['dense/bias', { shape: [3], data: new Float32Array(3) }],
  ]);
  const service = new InspectService(createBackend(chooseBackend('cpu', 1), 1));
  const inspect = <T extends InspectTask>(task: T, input: InspectTasks[T]['input']) =>
    service.perform(
      { task, subject: { runDir: folder, checkpoint: 'best' }, input } as never,
      {},
    ) as Promise<InspectTasks[T]['output']>;
  const model = resolveModel(spec, 3, new Map([[tiny.sha256, graph]]));
  const [first, second] = graph.nodes
    .filter(({ op }) => op === 'Conv')
    .map((node) => node.outputs[0]!);
  return { tiny, graph, inspect, model, first: `backbone/${first}`, second: `backbone/${second}` };
}

describe('inside of a pretrained network', () => {
  it('are its convolutions and pools by name, with what they see', async () => {
    const { model, first, second } = await open();
    const layers = imageLayers(model);
    expect(layers.map(({ type, kind }) => [type, kind])).toEqual([
      ['Conv', 'conv'],
      ['BatchNormalization', 'other'],
      ['Relu', 'other'],
      ['Conv', 'conv'],
      ['Relu', 'other'],
      ['Backbone', 'other'],
    ]);
    expect(layers[0]).toMatchObject({
      ...{ name: first, inside: 'backbone', path: [0], seesImage: true },
      ...{ height: 8, width: 8, channels: 6 },
      kernels: [{ name: 'stem.weight', filters: 6, channels: 1, height: 3, width: 3 }],
    });
    expect(layers[3]).toMatchObject({ name: second, seesImage: false, height: 4, channels: 8 });
    expect(camLayer(model)).toBe('backbone');
    const flat = await open('answer');
    expect(camLayer(flat.model)).toMatch(/^backbone\/./);
    const box = (name: string, row: number, column: number) =>
      boxAt(receptiveField(model, name), row, column, model.input);
    expect(box(first, 3, 4)).toEqual({ top: 2, left: 3, height: 3, width: 3 });
    expect(box(second, 1, 2)).toEqual({ top: 0, left: 2, height: 5, width: 5 });
    expect(box('backbone', 1, 2)).toEqual(box(second, 1, 2));
  });

  it('filters are the file’s, adapted to grey', async () => {
    const { graph, inspect, first } = await open();
    const { values, biases, kernel } = await inspect('filters', { layer: first });
    expect(kernel).toMatchObject({ filters: 6, channels: 1 });
    const stored = graph.weights.get('stem.weight')!.data;
    const summed = Array.from({ length: 6 * 9 }, (_, at) =>
      [0, 1, 2].reduce(
        (sum, c) => sum + Number(stored[Math.floor(at / 9) * 27 + c * 9 + (at % 9)]),
        0,
      ),
    );
    summed.forEach((value, at) => expect(values[at]).toBeCloseTo(value, 5));
    expect(biases).toEqual([...graph.weights.get('stem.bias')!.data]);
  });

  it('maps are what the runtime makes of the file itself', async () => {
    const { tiny, inspect, first, second } = await open();
    const set = { ...bars(1, 5) };
    const pixels = (set.source as { data: Uint8Array }).data;
    const session = await InferenceSession.create(tiny.file);
    const scaled = Float32Array.from(pixels, (level) => (level / 255 - mean) / std);
    const data = new Float32Array(3 * 64);
    for (const channel of [0, 1, 2]) data.set(scaled, channel * 64);
    const answers = await session.run({ image: new Tensor('float32', data, [1, 3, 8, 8]) });
    const { values, height } = await inspect('activations', { set, layer: first });
    expect(height).toBe(8);
    const stem = answers['stem']!.data as Float32Array;
    values.forEach((value, at) => expect(value).toBeCloseTo(stem[at]!, 4));
    const { layers } = await inspect('maps', { set, edge: 8 });
    expect(layers.map(({ layer }) => layer)).toEqual([first, second]);
    const excited = await inspect('excite', { set, layer: second, top: 1 });
    const best = excited.channels[0]!.top[0]!;
    const { values: top } = await inspect('activations', { set, layer: second, channels: [0] });
    expect(best.value).toBeCloseTo(Math.max(...top), 5);
  });

  it('Grad-CAM of its last value is that of its layer', async () => {
    const { model, inspect, second } = await open();
    const set = bars(1, 6);
    const cam = (layer: string) =>
      inspect('attribution', { set, class: 1, method: { type: 'cam', layer } });
    const last = imageLayers(model).findLast(({ inside }) => inside !== undefined)!.name;
    const [inner, outer] = [await cam(last), await cam('backbone')];
    expect(inner.values.some((value) => value > 0)).toBe(true);
    expect(inner.values).toEqual(outer.values);
    expect((await cam(second)).values).not.toEqual(outer.values);
  });
});
