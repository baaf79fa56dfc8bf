/** What of each preset's training step reaches the runtime: nothing unused, and not too much. */
import { describe, expect, it } from 'vitest';
import { presets } from '#shared/presets/index.ts';
import type { Graph, Node, Value } from '#core/engine/graph/types.ts';
import { blockedLowerings, defaultLowerings } from '#core/engine/ops/lowerings.ts';
import { buildTrainStep } from '#core/engine/programs/train-step.ts';
import { stepOf } from '../../helpers/compile.ts';

/** Nodes that no output of the graph depends on. */
function unused(graph: Graph): Node[] {
  const maker = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((value) => [value.name, node] as const)),
  );
  const found = new Set<Node>();
  const open = [...graph.outputs.values()];
  for (let value = open.pop(); value; value = open.pop()) {
    const node = maker.get(value.name);
    if (!node || found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs.filter((input): input is Value => input !== null));
  }
  return graph.nodes.filter((node) => !found.has(node));
}

const ways = { plain: defaultLowerings, blocks: blockedLowerings(16) };

/**
 * Nodes of the step, in the layout that has more. A session takes about 0.2 ms a node, and longer the
 * more there are (`test/slow/compile.test.ts`), so these bounds may fall but not rise unnoticed.
 */
const most: Record<string, number> = {
  'fashion-cnn': 280,
  'fashion-small': 230,
  'fashion-small-aug': 230,
  'fashion-small-crop': 280,
  lenet: 520,
  'course-28': 240,
  'cifar-simple': 170,
  'cifar-deep': 800,
  'cifar-deep-aug': 800,
  'cifar-bn': 370,
  'cats-dogs': 680,
  'cats-dogs-aug': 680,
  'rock-paper-scissors': 1100,
  'resnet-18-grey': 1900,
  'resnet-18': 5000,
  'resnet-34': 9200,
  'resnet-50': 7200,
  'mobilenet-v2': 4500,
  'inception-v3': 11300,
  'vgg-16': 3300,
};

describe.each(presets.map((preset) => ({ preset, id: preset.info.id })))('$id', ({ preset }) => {
  const { spec, classes } = preset;
  it('has no unused node, and no more nodes than it had', () => {
    for (const [way, lowerings] of Object.entries(ways)) {
      const { graph } = stepOf(preset, lowerings);
      expect(unused(graph), way).toEqual([]);
      expect(graph.nodes.length, way).toBeLessThanOrEqual(most[preset.info.id] ?? 0);
    }
  });

  it('computes nothing below frozen layers but their outputs', () => {
    const whole = buildTrainStep({ spec, classes, batch: 2 });
    const last = whole.layout.trainable.entries.at(-1)?.fullName.split('/')[0];
    const names = whole.layout.trainable.entries.map(({ fullName }) => fullName);
    const frozen = new Set(names.filter((name) => !name.startsWith(`${last}/`)));
    const head = buildTrainStep({ spec, classes, batch: 2, frozen, exposeGradient: true });
    expect(unused(head.graph)).toEqual([]);
    expect(head.layout.trainable.entries.map(({ fullName }) => fullName)).toEqual(
      names.filter((name) => !frozen.has(name)),
    );
    // A gradient and optimizer vectors for the last layer, for nothing else.
    const sizes = head.graph.inputs.filter(({ name }) => name.startsWith('slot_'));
    for (const { shape } of sizes) expect(shape).toEqual([head.layout.trainable.size]);
    expect(head.graph.outputs.get('gradient')?.shape).toEqual([head.layout.trainable.size]);
    // What only the gradients of convolutions and pools are made of.
    const backward = head.graph.nodes.filter(({ op }) =>
      ['ConvTranspose', 'Col2Im', 'MaxUnpool', 'ScatterElements'].includes(op),
    );
    const transposed = JSON.stringify(spec.layers).includes('conv2dtranspose');
    if (!transposed) expect(backward).toEqual([]);
  });
});
