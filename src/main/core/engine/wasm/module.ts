/**
 * The bytes of a WebAssembly module: functions of numbers over one imported, shared memory.
 * https://webassembly.github.io/spec/core/binary/modules.html
 */

const types = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type WasmType = keyof typeof types;

export const PAGE_BYTES = 65_536;
/** 32-bit addresses reach so many pages. */
export const MOST_PAGES = 65_536;

export interface WasmFunction {
  name: string;
  parameters: readonly WasmType[];
  result?: WasmType;
  /** Types of the local variables after the parameters. */
  locals: readonly WasmType[];
  /** Instructions, without the `end` that closes the function. */
  body: readonly number[];
}

/** LEB128. */
export function unsigned(number: number): number[] {
  const bytes: number[] = [];
  let rest = number;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** LEB128 of a signed 32-bit number, or of an address as one. */
export function signed(number: number): number[] {
  const bytes: number[] = [];
  let rest = number | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && !(low & 0x40)) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(name: string): number[] {
  const bytes = [...new TextEncoder().encode(name)];
  return [...unsigned(bytes.length), ...bytes];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION_TYPE = 0x60;
const MEMORY = 0x02;
const SHARED_WITH_MAXIMUM = 0x03;
const END = 0x0b;

/** Memory `engine.memory` of exactly `pages` comes from outside; every function is exported. */
export function encodeModule(
  pages: number,
  functions: readonly WasmFunction[],
): Uint8Array<ArrayBuffer> {
  const signatures = functions.map(({ parameters, result }) => [
    FUNCTION_TYPE,
    ...vector(parameters.map((type) => [types[type]])),
    ...vector(result ? [[types[result]]] : []),
  ]);
  const size = unsigned(pages);
  const memory = [...text('engine'), ...text('memory'), MEMORY, SHARED_WITH_MAXIMUM];
  const code = functions.map(({ locals, body }) => {
    const bytes = [...vector(locals.map((type) => [1, types[type]])), ...body, END];
    return [...unsigned(bytes.length), ...bytes];
  });
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, vector(signatures)),
    ...section(2, vector([[...memory, ...size, ...size]])),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(
      7,
      vector(functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)])),
    ),
    ...section(10, vector(code)),
  ]);
}
