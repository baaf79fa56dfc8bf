import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodesOf } from '#core/backbones/describe.ts';
import { readBackbone } from '#core/backbones/files.ts';
import type { BackboneNode } from '#shared/contract/index.ts';
import { networkBlocks, nodesUpTo } from '#shared/network-blocks.ts';
import { beyond, drawNetwork } from '../../../src/renderer/features/networks/drawing.ts';

const file = join(import.meta.dirname, '../../../resources/backbones/efficientnet-lite0.onnx');
const { graph } = readBackbone(file)!;
const boxed = nodesOf({ graph });

/** Operators by name: what they are, what they read, their kernel. */
function nodes(parts: [name: string, op: string, inputs: string[], edge?: number][]) {
  return parts.map(([name, op, inputs, edge]): BackboneNode => ({
    ...{ name, op, inputs, shape: [8, 4, 4], parameters: edge ? 8 : 0, gradient: true },
    ...{ kernel: edge ? [edge, edge] : null, depthwise: false },
  }));
}

describe('a network as blocks', () => {
  it('is EfficientNet-Lite0 as its authors draw it', () => {
    const blocks = networkBlocks(boxed, 'logits');
    expect(blocks.map(({ kind }) => kind)).toEqual([
      ...['convolution', 'bottleneck', 'bottleneck', 'residual', 'bottleneck', 'residual'],
      ...['bottleneck', 'residual', 'residual', 'bottleneck', 'residual', 'residual'],
      ...['bottleneck', 'residual', 'residual', 'residual', 'bottleneck', 'convolution'],
      ...['pool', 'dense'],
    ]);
    expect(blocks.flatMap((block) => block.nodes)).toEqual(boxed);
    expect(blocks.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(4_652_008);
    expect(blocks.find(({ name }) => name === 'features')?.shape).toEqual([1280]);
  });

  it('keeps what runs side by side together', () => {
    const forked = nodes([
      ['a', 'Conv', [], 3],
      ['b', 'Conv', ['a'], 1],
      ['c', 'Conv', ['a'], 3],
      ['d', 'Concat', ['b', 'c']],
      ['e', 'Conv', ['d'], 3],
      ['f', 'Add', ['e', 'd']],
      ['g', 'Relu', ['f']],
    ]);
    const blocks = networkBlocks(forked, 'g');
    expect(blocks.map(({ name, kind, ways }) => [name, kind, ways])).toEqual([
      ['a', 'convolution', 1],
      ['d', 'branches', 2],
      ['g', 'residual', 2],
    ]);
    expect(nodesUpTo(forked, 'c').map(({ name }) => name)).toEqual(['a', 'c']);
    expect([...beyond(forked, 'd')]).toEqual(['e', 'f', 'g']);
  });
});

describe('the drawing', () => {
  const blocks = networkBlocks(boxed, 'logits');

  it('has a box for each block and a line between each two', () => {
    const { boxes, lines, width, height } = drawNetwork(blocks, new Set());
    expect(boxes).toHaveLength(1 + blocks.length);
    expect(lines).toHaveLength(blocks.length);
    const tops = boxes.map(({ y }) => y);
    expect(tops).toEqual(tops.toSorted((a, b) => a - b));
    for (const box of boxes) {
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
    }
  });

  it('shows the way around an opened residual block', () => {
    const { boxes, lines } = drawNetwork(blocks, new Set(['block3']));
    expect(boxes).toHaveLength(blocks.length + 9);
    const into = lines.filter(({ to }) => to === 'block3').map(({ from }) => from);
    expect(into.toSorted()).toEqual(['block2/project/norm', 'block3/project/norm']);
  });
});
