/**
 * The file of weights beside a program: a header, then for each list of numbers a record that says
 * what it is and where it lies, all at multiples of 64 bytes. By mlmodel/src/MILBlob/Blob of
 * coremltools.
 */
const ALIGNMENT = 64;
const VERSION = 2;
const SENTINEL = 0xdeadbeef;
const FLOAT32 = 2;

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export class BlobWriter {
  readonly #pieces: Uint8Array[] = [];
  #bytes = ALIGNMENT;
  #count = 0;

  /** Answers where its record lies, which is how a program names it. */
  add(data: Float32Array): number {
    const at = this.#bytes;
    const record = new DataView(new ArrayBuffer(ALIGNMENT));
    record.setUint32(0, SENTINEL, true);
    record.setUint32(4, FLOAT32, true);
    record.setBigUint64(8, BigInt(data.byteLength), true);
    record.setBigUint64(16, BigInt(at + ALIGNMENT), true);
    const space = aligned(data.byteLength) - data.byteLength;
    this.#pieces.push(
      new Uint8Array(record.buffer),
      // Little-endian, which every platform of Node's is.
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      new Uint8Array(space),
    );
    this.#bytes += ALIGNMENT + aligned(data.byteLength);
    this.#count++;
    return at;
  }

  finish(): Uint8Array[] {
    const header = new DataView(new ArrayBuffer(ALIGNMENT));
    header.setUint32(0, this.#count, true);
    header.setUint32(4, VERSION, true);
    return [new Uint8Array(header.buffer), ...this.#pieces];
  }
}

/** The numbers whose record lies at `offset`. Throws RangeError where there is none. */
export function readBlob(file: Uint8Array, offset: number): Float32Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(offset, true) !== SENTINEL || view.getUint32(offset + 4, true) !== FLOAT32) {
    throw new RangeError(`no float32 numbers at ${offset}`);
  }
  const bytes = Number(view.getBigUint64(offset + 8, true));
  const start = Number(view.getBigUint64(offset + 16, true));
  return new Float32Array(Uint8Array.from(file.subarray(start, start + bytes)).buffer);
}
