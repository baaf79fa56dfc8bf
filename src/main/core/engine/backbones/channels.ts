/** Fits the first convolution of a network to pictures with more or fewer channels. */
import type { ImportedGraph } from '../import/types.ts';

/** Hand their input on, at most in another order of axes. */
const passing = new Set(['Identity', 'Transpose', 'Cast', 'Dropout']);

/**
 * Name of the only kernel that the pixels meet, [filters, channels, height, width]; null where they
 * meet anything else first, or several.
 */
export function adaptableKernel(graph: ImportedGraph): string | null {
  let value = graph.input.name;
  for (;;) {
    const readers = graph.nodes.filter(({ inputs }) => inputs.includes(value));
    const [reader] = readers;
    if (!reader || readers.length !== 1) return null;
    const [output] = reader.outputs;
    if (passing.has(reader.op) && output !== undefined) {
      value = output;
      continue;
    }
    const kernel = reader.inputs[1] ?? '';
    const grouped = Number(reader.attributes['group'] ?? 1) > 1;
    return reader.op === 'Conv' && !grouped && graph.weights.has(kernel) ? kernel : null;
  }
}

/**
 * Kernels [filters, from, …] for `to` channels: of a grey picture the sum of all, since grey has the
 * same number in each; of a colour one the same kernel, divided, for each.
 */
export function adaptKernel(
  data: Float32Array,
  [filters = 0, from = 0, height = 1, width = 1]: readonly number[],
  to: number,
): Float32Array {
  const area = height * width;
  const adapted = new Float32Array(filters * to * area);
  for (let filter = 0; filter < filters; filter++) {
    for (let place = 0; place < area; place++) {
      let sum = 0;
      for (let channel = 0; channel < from; channel++) {
        sum += data[(filter * from + channel) * area + place] ?? 0;
      }
      for (let channel = 0; channel < to; channel++) {
        adapted[(filter * to + channel) * area + place] = sum / to;
      }
    }
  }
  return adapted;
}
