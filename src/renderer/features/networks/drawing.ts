/** A network's blocks as places on a drawing: boxes, and lines between them. */
import { Graph, layout, type EdgeLabel, type GraphLabel, type NodeLabel } from '@dagrejs/dagre';
import type { BackboneNode } from '#shared/contract/index.ts';
import { nodesUpTo, type NetworkBlock } from '#shared/network-blocks.ts';

export interface Box {
  /** Of the value that it gives out; empty for the picture. */
  name: string;
  /** Null for the picture, and for one operator of an opened block. */
  block: NetworkBlock | null;
  node: BackboneNode | null;
  /** Of its upper left corner. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line {
  /** An SVG path. */
  path: string;
  from: string;
  to: string;
}

export interface Drawing {
  width: number;
  height: number;
  boxes: Box[];
  lines: Line[];
}

const BLOCK = { width: 300, height: 50 };
const NODE = { width: 230, height: 34 };
const PICTURE = { width: 160, height: 34 };

/** @param open names of the blocks whose operators are shown one by one */
export function drawNetwork(blocks: readonly NetworkBlock[], open: ReadonlySet<string>): Drawing {
  const graph = new Graph<GraphLabel, NodeLabel, EdgeLabel>();
  graph.setGraph({ rankdir: 'TB', nodesep: 24, ranksep: 22, marginx: 24, marginy: 48 });
  const boxes = new Map<string, Pick<Box, 'block' | 'node'>>();
  /** In which box a value is made. */
  const madeIn = new Map<string, string>();
  const add = (name: string, box: Pick<Box, 'block' | 'node'>, size: typeof BLOCK): void => {
    boxes.set(name, box);
    graph.setNode(idOf(name), { ...size });
  };
  add('', { block: null, node: null }, PICTURE);
  const inputsOf = (node: BackboneNode) => (node.inputs.length > 0 ? node.inputs : ['']);
  for (const block of blocks) {
    if (open.has(block.name)) {
      for (const node of block.nodes) {
        add(node.name, { block: null, node }, NODE);
        madeIn.set(node.name, node.name);
      }
    } else {
      add(block.name, { block, node: null }, BLOCK);
      for (const { name } of block.nodes) madeIn.set(name, block.name);
    }
  }
  for (const node of blocks.flatMap(({ nodes }) => nodes)) {
    const to = madeIn.get(node.name)!;
    for (const input of inputsOf(node)) {
      const from = madeIn.get(input) ?? '';
      if (from !== to) graph.setEdge(idOf(from), idOf(to), {});
    }
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    boxes: [...boxes].map(([name, box]) => {
      const place = graph.node(idOf(name));
      const { x = 0, y = 0 } = place;
      return {
        ...box,
        name,
        x: x - place.width / 2,
        y: y - place.height / 2,
        width: place.width,
        height: place.height,
      };
    }),
    lines: graph.edges().map((edge) => ({
      from: edge.v.slice(1),
      to: edge.w.slice(1),
      path: pathOf(graph.edge(edge).points ?? []),
    })),
  };
}

/** The layout takes no empty name, which the picture's is. */
const idOf = (name: string) => `.${name}`;

/** Through the points, without corners. */
function pathOf(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  const last = rest.at(-1) ?? first;
  const bends = rest.slice(0, -1).map((point, at) => {
    const next = rest[at + 1] ?? last;
    const end =
      at === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${bends.length > 0 ? bends.join('') : `L${last.x} ${last.y}`}`;
}

/** Names of the values that are not needed for a cut. */
export function beyond(nodes: readonly BackboneNode[], cut: string): Set<string> {
  const needed = new Set(nodesUpTo(nodes, cut).map(({ name }) => name));
  return new Set(nodes.filter(({ name }) => !needed.has(name)).map(({ name }) => name));
}
