import type { GraphBuilder } from '../graph/builder.ts';
import type { Attributes, Node, Value, ValueType } from '../graph/types.ts';

export type AttributeKind = 'int' | 'float' | 'ints' | 'floats' | 'string';

export interface GradientContext {
  b: GraphBuilder;
  node: Node;
  /** The node's inputs; asking for one that was left out throws. */
  input(index: number): Value;
  output(index: number): Value;
  /** d loss / d first output. */
  grad: Value;
  /** d loss / d each output, null where the loss does not depend on it. */
  grads: readonly (Value | null)[];
  /** Whether d loss / d input is wanted: gradients below frozen parameters are never built. */
  needs(index: number): boolean;
}

/** d loss / d input for each input, null where it is not wanted or zero. */
export type GradientRule = (context: GradientContext) => (Value | null)[];

/** An operator that is not ONNX’s own, as a file names it. */
export interface ForeignName {
  domain: string;
  type: string;
}

/** Everything the engine knows of one operator. */
export interface OpDef {
  /** Its name in the file, where that is not its own. */
  foreign?: ForeignName;
  attributes: Readonly<Record<string, AttributeKind>>;
  /** Type and shape of each output. Throws a GraphError for inputs that do not fit. */
  infer(inputs: readonly (Value | null)[], attributes: Attributes): ValueType[];
  /** Reverse-mode rule, or null: the operator cannot stand between a parameter and the loss. */
  gradient: GradientRule | null;
  /** Outputs after the first are left out of the file when nothing reads them. */
  optionalOutputs?: true;
}
