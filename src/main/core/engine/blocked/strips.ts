/** Strips of images as images of their own: see `Strips` in ops/blocked.ts. */
import { concrete } from '../graph/shape.ts';
import { intAttribute } from '../ops/helpers.ts';
import { imageDims } from './layouts.ts';
import type { Rule } from './rules.ts';

/** Rows that overlap are written out; then strips move to where images are. */
export const strips: Rule = ({ layouts }, node) => {
  const [x] = node.inputs;
  const [output] = node.outputs;
  if (!x || !output) return false;
  const { b } = layouts;
  const count = intAttribute(node.attributes, 'count', 1);
  const rows = intAttribute(node.attributes, 'rows', 1);
  const step = intAttribute(node.attributes, 'step', 1);
  const [n, c, h, w] = imageDims(x);
  const inBlocks = layouts.isBlocked(x);
  const lanes = inBlocks ? layouts.block : 1;
  const planes = c / lanes;
  const all = b.reshape(inBlocks ? layouts.blocked(x) : layouts.plain(x), [
    n,
    planes,
    h,
    w * lanes,
  ]);
  const places = Array.from(
    { length: count * rows },
    (_, index) => Math.floor(index / rows) * step + (index % rows),
  );
  const written = rows === step ? all : b.op('Gather', [all, b.ints(places)], { axis: 2 });
  const apart = b.reshape(written, [n, planes, count, rows * w * lanes]);
  const moved = b.reshape(
    planes === 1 ? apart : b.transpose(apart, [0, 2, 1, 3]),
    concrete(output.shape),
  );
  if (inBlocks) layouts.setBlocked(output, moved);
  else layouts.setPlain(output, moved);
  return true;
};
