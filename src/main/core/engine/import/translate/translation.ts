/** What a rule sees of the node that it translates. */
import type { GraphBuilder } from '../../graph/builder.ts';
import type { OpName } from '../../graph/op-names.ts';
import { normalizeAxis, sizeAt } from '../../graph/shape.ts';
import type { Attributes, Dim, Value } from '../../graph/types.ts';
import { plain } from '../dims.ts';
import { Untranslatable } from '../errors.ts';
import { clamped, isKnown, materialize, type Operand } from '../operands.ts';
import type { BatchStatistics, ImportedNode } from '../types.ts';

/** The same for all nodes of a model. */
export interface TranslationScope {
  b: GraphBuilder;
  opset: number;
  image: Value;
  batchStatistics?: BatchStatistics | undefined;
}

export class Translation {
  readonly b: GraphBuilder;
  readonly node: ImportedNode;
  readonly opset: number;
  readonly operands: readonly (Operand | null)[];
  /** float32 [N, C, H, W]: what the whole model works on. */
  readonly image: Value;
  readonly batchStatistics: BatchStatistics | undefined;

  constructor(
    { b, opset, image, batchStatistics }: TranslationScope,
    node: ImportedNode,
    operands: readonly (Operand | null)[],
  ) {
    this.b = b;
    this.node = node;
    this.opset = opset;
    this.image = image;
    this.batchStatistics = batchStatistics;
    this.operands = operands;
  }

  has(index: number): boolean {
    return Boolean(this.operands[index]);
  }

  value(index: number): Value {
    const operand = this.operands[index];
    if (!operand) throw new Untranslatable(`its input ${index + 1} is missing`);
    return isKnown(operand) ? materialize(this.b, operand) : operand;
  }

  /** Numbers of an input that must not depend on the image. */
  dims(index: number): readonly Dim[] {
    const operand = this.operands[index];
    if (!operand || !isKnown(operand)) {
      throw new Untranslatable(`its input ${index + 1} depends on the picture`);
    }
    return Array.from(operand.data);
  }

  ints(index: number): number[] {
    return this.dims(index).map((dim) => clamped(plain(dim)));
  }

  number(index: number, fallback: number): number {
    return this.has(index) ? plain(this.dims(index)[0]) : fallback;
  }

  int(name: string, fallback: number): number {
    const value = this.node.attributes[name] ?? fallback;
    if (typeof value !== 'number') throw new Untranslatable(`its ${name} is no number`);
    return value;
  }

  text(name: string, fallback: string): string {
    const value = this.node.attributes[name] ?? fallback;
    if (typeof value !== 'string') throw new Untranslatable(`its ${name} is no word`);
    return value;
  }

  list(name: string): readonly number[] | null {
    const value = this.node.attributes[name];
    if (value === undefined) return null;
    if (!Array.isArray(value)) throw new Untranslatable(`its ${name} is no list`);
    return value as readonly number[];
  }

  /** Older opsets have lists such as `axes` as an attribute, newer ones as an input. */
  listOrInput(name: string, index: number): readonly number[] | null {
    return this.list(name) ?? (this.has(index) ? this.ints(index) : null);
  }

  op(op: OpName, inputs: readonly (Value | null)[], attributes: Attributes = {}): Value {
    return this.b.op(op, inputs, attributes);
  }

  scalar(number: number): Value {
    return this.b.scalar(number);
  }

  /** `axes` as counted from the front, each once. */
  axes(axes: readonly number[], rank: number): number[] {
    return [...new Set(axes.map((axis) => normalizeAxis(axis, rank)))].sort((a, b) => a - b);
  }
}

/** Sizes of the two spatial axes of an image, which have to be known. */
export function imageSize(x: Value): [number, number] {
  if (x.shape.length !== 4) throw new Untranslatable('it works on something else than pictures');
  return [sizeAt(x.shape, 2), sizeAt(x.shape, 3)];
}

/** Answers the node's outputs; those after the last one that is answered cannot be used. */
export type Rule = (translation: Translation) => Operand[];
