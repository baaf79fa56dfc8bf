/** What the values of a graph are in a Core ML program. */
import { AppError } from '#shared/errors.ts';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import type { Graph, Shape, Value } from '../../graph/types.ts';
import { floatsOf } from '../rewrite.ts';
import { MilBuilder, MilValue, type MilArguments } from './builder.ts';

/** Core ML computes with no more axes. */
export const MOST_AXES = 5;

/** Of one image. Where there are too many axes, the one of the batch is left out. */
export function milShape(shape: Shape): number[] {
  const sizes = shape.map((dim) =>
    typeof dim === 'number' ? dim : Math.max(1, Number.parseInt(dim) || 1),
  );
  return sizes.length === MOST_AXES + 1 && sizes[0] === 1 ? sizes.slice(1) : sizes;
}

export class MilGraph {
  readonly b = new MilBuilder();
  readonly #values = new Map<Value, MilValue>();
  readonly #laidOut = new Map<Value, MilValue>();
  /** The image as the program gets it: float32 [1, channels, height, width], 0 to 255. */
  readonly image: MilValue;
  readonly #input: Value;

  constructor({ inputs: [input] }: Graph) {
    const [, height = 1, width = 1, channels = 1] = milShape(input!.shape);
    this.#input = input!;
    this.image = new MilValue(this.b.name('image'), [1, channels, height, width]);
  }

  isInput(value: Value): boolean {
    return value === this.#input;
  }

  set(value: Value, as: MilValue): void {
    this.#values.set(value, as);
  }

  get(value: Value): MilValue {
    const known = this.#values.get(value);
    if (known) return known;
    const data = floatsOf(value);
    if (!data) throw unsupported(`${value.name} of another type than float32`);
    const made = this.b.floats(value.name, { shape: value.constant!.dims, data });
    this.#values.set(value, made);
    return made;
  }

  /** A constant in another layout, which is always the same for it: views share their weights. */
  laidOut(value: Value, layout: () => FloatTensor): MilValue {
    const made = this.#laidOut.get(value) ?? this.b.floats(value.name, layout());
    this.#laidOut.set(value, made);
    return made;
  }

  /** One of its own name for what `y` is here. */
  output(y: Value): MilValue {
    const shape = milShape(y.shape);
    if (shape.length > MOST_AXES) throw unsupported(`${shape.length} axes`);
    return new MilValue(this.b.name(y.name), shape);
  }

  /** One operation that makes `y`. */
  add(type: string, args: MilArguments, y: Value): void {
    this.set(y, this.b.op(type, args, this.output(y)));
  }

  /** A step on the way to `y`. */
  step(type: string, args: MilArguments, shape: readonly number[], name: string): MilValue {
    return this.b.op(type, args, new MilValue(this.b.name(name), shape));
  }
}

export function unsupported(what: string): AppError {
  return new AppError('MODEL_INVALID', `Core ML has no ${what} as this model uses it.`, {
    subject: what,
    hint: 'Export it as ONNX instead.',
  });
}
