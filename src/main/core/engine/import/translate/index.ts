/** The table of foreign operators: each is said with ours. https://onnx.ai/onnx/operators/ */
import { Untranslatable } from '../errors.ts';
import type { Operand } from '../operands.ts';
import { arithmetic } from './arithmetic.ts';
import { fold } from './known.ts';
import { layout } from './layout.ts';
import { normalization } from './normalization.ts';
import { products } from './products.ts';
import type { Rule, Translation } from './translation.ts';
import { windows } from './windows.ts';

const rules = new Map<string, Rule>(
  Object.entries({ ...arithmetic, ...layout, ...normalization, ...products, ...windows }),
);

/** A node's outputs. Throws Untranslatable, or a GraphError where its inputs do not fit. */
export function translate(t: Translation): readonly Operand[] {
  const folded = fold(t);
  if (folded) return folded;
  const rule = rules.get(t.node.op);
  if (!rule) throw new Untranslatable('it is not supported');
  return rule(t);
}
