import { sizeAt } from '../../graph/shape.ts';
import type { Node, Value } from '../../graph/types.ts';
import { intAttribute, required, windowOf, type Window } from '../helpers.ts';

/** Every number that a convolution's gradient, and the choice of its lowering, depends on. */
export interface ConvGeometry extends Window {
  batch: number;
  inChannels: number;
  outChannels: number;
  height: number;
  width: number;
  outHeight: number;
  outWidth: number;
  group: number;
}

export function geometryOf(node: Node, output: Value): ConvGeometry {
  const x = required(node.inputs, 0, 'Conv');
  const weight = required(node.inputs, 1, 'Conv');
  return {
    ...windowOf(node.attributes, [sizeAt(weight.shape, 2), sizeAt(weight.shape, 3)]),
    batch: sizeAt(x.shape, 0),
    inChannels: sizeAt(x.shape, 1),
    outChannels: sizeAt(weight.shape, 0),
    height: sizeAt(x.shape, 2),
    width: sizeAt(x.shape, 3),
    outHeight: sizeAt(output.shape, 2),
    outWidth: sizeAt(output.shape, 3),
    group: intAttribute(node.attributes, 'group', 1),
  };
}
