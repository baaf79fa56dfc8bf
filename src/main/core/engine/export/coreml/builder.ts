/** Collects the operations of a Core ML program; every parameter is a `const` operation, as Apple's tools write it. */
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { elements } from '../../graph/shape.ts';
import { BlobWriter } from './blob.ts';
import { milTypes, type MilType } from './proto.ts';

/** What an operation gives out. */
export class MilValue {
  readonly name: string;
  readonly shape: readonly number[];

  constructor(name: string, shape: readonly number[]) {
    this.name = name;
    this.shape = shape;
  }
}

/** A parameter of an operation: numbers as int32, unless they are marked as floats. */
export type MilParameter =
  string | boolean | number | readonly number[] | readonly boolean[] | { float: number };

/** By the name of the input; what is undefined is left out. */
export type MilArguments = Readonly<
  Record<string, MilValue | readonly MilValue[] | MilParameter | undefined>
>;

/** Lists that are shorter stand in the program itself. */
const FEW = 10;
export const WEIGHTS = 'weights/weight.bin';

const dimension = (size: number) => ({ constant: { size } });

export function tensorType(type: MilType, shape: readonly number[]) {
  const dataType = milTypes[type];
  const dimensions = shape.map(dimension);
  return {
    tensorType: shape.length > 0 ? { dataType, rank: shape.length, dimensions } : { dataType },
  };
}

export function stringValue(text: string) {
  return {
    type: tensorType('string', []),
    immediateValue: { tensor: { strings: { values: [text] } } },
  };
}

const isList = (argument: unknown): argument is readonly unknown[] => Array.isArray(argument);

function isValues(argument: unknown): argument is readonly MilValue[] {
  return isList(argument) && argument[0] instanceof MilValue;
}

export class MilBuilder {
  readonly #operations: object[] = [];
  readonly #blob = new BlobWriter();
  readonly #names = new Set<string>();
  readonly #shared = new Map<string, MilValue>();
  /** Every list of floats that is in the program, by the name of its constant. */
  readonly constants = new Map<string, FloatTensor>();

  /** Letters, digits and underscores, and nothing else's name. */
  name(wanted: string): string {
    const plain = wanted.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?![A-Za-z_])/, '_');
    let name = plain;
    for (let count = 1; this.#names.has(name); count++) name = `${plain}_${count}`;
    this.#names.add(name);
    return name;
  }

  floats(wanted: string, { shape, data }: FloatTensor): MilValue {
    const name = this.name(wanted);
    const type = tensorType('float32', shape);
    this.constants.set(name, { shape, data });
    const value =
      data.length < FEW
        ? { immediateValue: { tensor: { floats: { values: [...data] } } } }
        : { blobFileValue: { fileName: `@model_path/${WEIGHTS}`, offset: this.#blob.add(data) } };
    return this.#const(name, shape, { type, ...value });
  }

  op(type: string, args: MilArguments, output: MilValue): MilValue {
    this.ops(type, args, [output]);
    return output;
  }

  ops(type: string, args: MilArguments, outputs: readonly MilValue[]): void {
    this.operation(
      type,
      args,
      outputs.map(({ name, shape }) => ({ name, type: tensorType('float32', shape) })),
    );
  }

  /** @param outputs with their types, as the file has them */
  operation(
    type: string,
    args: MilArguments,
    outputs: readonly object[],
    extra: object = {},
  ): void {
    const inputs = Object.entries(args).flatMap(([key, argument]) => {
      if (argument === undefined) return [];
      const values = this.#values(argument);
      return [[key, { arguments: values.map(({ name }) => ({ name })) }] as const];
    });
    this.#operations.push({
      type,
      inputs: { ...Object.fromEntries(inputs), ...extra },
      outputs,
      attributes: { name: stringValue(this.name(`op_${type}`)) },
    });
  }

  /** The program's operations, and the pieces of the file of its weights. */
  finish(): { operations: object[]; weights: Uint8Array[] } {
    return { operations: this.#operations, weights: this.#blob.finish() };
  }

  #values(argument: MilValue | readonly MilValue[] | MilParameter): readonly MilValue[] {
    if (argument instanceof MilValue) return [argument];
    return isValues(argument) ? argument : [this.#parameter(argument)];
  }

  /** The same one is there once. */
  #parameter(parameter: MilParameter): MilValue {
    const key = JSON.stringify(parameter);
    const found = this.#shared.get(key) ?? this.#newParameter(parameter);
    this.#shared.set(key, found);
    return found;
  }

  #newParameter(parameter: MilParameter): MilValue {
    if (typeof parameter === 'object' && !isList(parameter)) {
      return this.floats('number', { shape: [], data: Float32Array.of(parameter.float) });
    }
    const values = isList(parameter) ? parameter : [parameter];
    const shape = isList(parameter) ? [values.length] : [];
    const [type, field] = (
      {
        string: ['string', 'strings'],
        boolean: ['bool', 'bools'],
        number: ['int32', 'ints'],
      } as const
    )[typeof values[0] as 'string' | 'boolean' | 'number'];
    const tensor = { [field]: { values } };
    return this.#const(this.name(`${type}_const`), shape, {
      type: tensorType(type, shape),
      immediateValue: { tensor },
    });
  }

  #const(
    name: string,
    shape: readonly number[],
    value: { type: object } & Readonly<Record<string, unknown>>,
  ): MilValue {
    if (elements(shape) === 0) throw new RangeError(`${name} has no numbers`);
    this.#operations.push({
      type: 'const',
      outputs: [{ name, type: value.type }],
      attributes: { name: stringValue(name), val: value },
    });
    return new MilValue(name, shape);
  }
}
