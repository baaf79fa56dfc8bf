/** Every text about pretrained networks and their parts. */
import type { BackboneNode } from '#shared/contract/index.ts';
import type { BlockKind, NetworkBlock } from '#shared/network-blocks.ts';
import { count, integer } from '../../ui/format.ts';

const kinds: Record<BlockKind, string> = {
  convolution: 'Convolution',
  depthwise: 'Depthwise convolution',
  bottleneck: 'Bottleneck',
  residual: 'Residual block',
  attention: 'Attention',
  'feed-forward': 'Feed-forward block',
  branches: 'Branches',
  squeeze: 'Squeeze and excite',
  pool: 'Pool',
  dense: 'Dense',
  other: 'Step',
};

/** '3×3', '1×1, 5×5' */
function kernels(nodes: readonly BackboneNode[]): string {
  const sizes = nodes.flatMap(({ op, kernel }) =>
    op === 'Conv' && kernel ? [kernel.join('×')] : [],
  );
  return [...new Set(sizes)].join(', ');
}

/** Width × height × channels, as sizes are written everywhere; the file has channels first. */
export function outputText(shape: readonly number[]): string {
  const [channels = 0, height, width] = shape;
  if (width === undefined || height === undefined) return shape.map(integer).join(' × ');
  return `${height}×${width}×${channels}`;
}

export const networkWords = {
  kinds,
  output: outputText,
  /** 'Residual block 3×3', 'Branches: 4 ways' */
  block: ({ kind, nodes, ways }: NetworkBlock): string => {
    if (kind === 'other') return nodes.at(-1)?.op ?? kinds.other;
    const sizes = kernels(nodes);
    const forks = kind === 'branches' && ways > 1 ? `: ${integer(ways)} ways` : '';
    return `${kinds[kind]}${forks || (sizes === '' ? '' : ` ${sizes}`)}`;
  },
  parameters: (value: number): string =>
    value === 0 ? 'no parameters' : count(value, 'parameter'),
};
