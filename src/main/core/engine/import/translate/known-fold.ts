/** What an operator makes of numbers that are known while the graph is built. */
import { Untranslatable } from '../errors.ts';
import type { Known } from '../operands.ts';
import type { Translation } from './translation.ts';

export type Fold = (t: Translation, inputs: readonly (Known | null)[]) => Known[];

export function input(inputs: readonly (Known | null)[], index: number): Known {
  const operand = inputs[index];
  if (!operand) throw new Untranslatable(`its input ${index + 1} is missing`);
  return operand;
}
