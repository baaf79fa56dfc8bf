import { formatShape } from './shape.ts';
import type { AttributeValue, Graph, Value } from './types.ts';

const LONGEST_CONSTANT = 8;

/** The graph as text: one line a value, in order, for snapshots and for reading. */
export function printGraph(graph: Graph): string {
  const lines = [`graph ${graph.name}`];
  for (const value of graph.inputs) lines.push(`  input ${typed(value)}`);
  for (const value of graph.constants) lines.push(`  constant ${typed(value)}${contents(value)}`);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => value?.name ?? '-').join(', ');
    const attributes = Object.entries(node.attributes)
      .map(([name, value]) => `${name}=${printAttribute(value)}`)
      .join(' ');
    const outputs = node.outputs.map(typed).join(', ');
    lines.push(`  ${outputs} = ${node.op}(${inputs})${attributes && ` {${attributes}}`}`);
  }
  for (const [name, value] of graph.outputs) lines.push(`  output ${name} = ${value.name}`);
  return lines.join('\n') + '\n';
}

function typed(value: Value): string {
  return `${value.name}: ${value.dtype}${formatShape(value.shape)}`;
}

function contents({ constant }: Value): string {
  if (!constant || constant.data.length > LONGEST_CONSTANT) return '';
  const numbers = [...constant.data].map(String).join(', ');
  return ` = ${constant.dims.length === 0 ? numbers : `[${numbers}]`}`;
}

function printAttribute(value: AttributeValue): string {
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value);
}
