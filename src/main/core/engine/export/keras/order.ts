/**
 * Keras' order of a functional model's layers (`map_graph` in keras/src/ops/function.py): by depth,
 * counted from the output, then in the order of a depth-first walk. Weights are stored in a
 * `.keras` file by class and count in this order, and found again by it.
 */
import type { KerasLayer, KerasTensor } from './graph.ts';

export function operationOrder(
  layers: readonly KerasLayer[],
  output: KerasTensor,
): readonly KerasLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const indices = new Map<string, number>();
  const finished = new Set<string>();
  /** Calls, inputs first. */
  const calls: KerasTensor[] = [];
  const key = ({ layer, call }: KerasTensor) => `${layer}#${call}`;
  const inputsOf = ({ layer, call }: KerasTensor) => byName.get(layer)?.calls[call] ?? [];

  // With a stack of its own: a thousand layers one after the other are as many levels.
  const stack: { tensor: KerasTensor; next: number }[] = [{ tensor: output, next: 0 }];
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    if (top.next === 0 && !indices.has(top.tensor.layer)) {
      indices.set(top.tensor.layer, indices.size);
    }
    const input = inputsOf(top.tensor)[top.next++];
    if (input) {
      if (!finished.has(key(input))) stack.push({ tensor: input, next: 0 });
    } else {
      stack.pop();
      if (!finished.has(key(top.tensor))) calls.push(top.tensor);
      finished.add(key(top.tensor));
    }
  }

  const depths = new Map<string, number>();
  const layerDepths = new Map<string, number>();
  for (const call of calls.toReversed()) {
    const depth = Math.max(depths.get(key(call)) ?? 0, layerDepths.get(call.layer) ?? 0);
    layerDepths.set(call.layer, depth);
    depths.set(key(call), depth);
    for (const input of inputsOf(call)) {
      depths.set(key(input), Math.max(depth + 1, depths.get(key(input)) ?? 0));
    }
  }
  const depthOf = ({ name }: KerasLayer) => layerDepths.get(name) ?? 0;
  const indexOf = ({ name }: KerasLayer) => indices.get(name) ?? 0;
  return layers
    .filter(({ name }) => indices.has(name))
    .sort((a, b) => depthOf(b) - depthOf(a) || indexOf(a) - indexOf(b));
}

/** As Keras makes names of classes: 'Conv2DTranspose' → 'conv2d_transpose'. */
export function snakeCase(className: string): string {
  return className
    .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** The folder of each layer's weights in a `.keras` file, by the layer's name. */
export function weightFolders(
  layers: readonly { name: string; className: string }[],
): Map<string, string> {
  const counts = new Map<string, number>();
  return new Map(
    layers.map(({ name, className }) => {
      const base = snakeCase(className);
      const count = counts.get(base) ?? 0;
      counts.set(base, count + 1);
      return [name, `layers/${base}${count === 0 ? '' : `_${count}`}/vars`];
    }),
  );
}
