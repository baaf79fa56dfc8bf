/**
 * Numbers as text, for streams: what streams carry is JSON, and files go only into whole answers.
 * Base64 of little-endian float32, as every platform of the app has them in memory.
 */
export function packFloats(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return packBytes(bytes);
}

export function unpackFloats(text: string): Float32Array {
  return new Float32Array(unpackBytes(text).buffer);
}

/** More arguments than this at once are too many for some engines. */
const PIECE = 0x2000;

export function packBytes(bytes: Uint8Array): string {
  let characters = '';
  for (let start = 0; start < bytes.length; start += PIECE) {
    characters += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return btoa(characters);
}

export function unpackBytes(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  return Uint8Array.from(characters, (character) => character.charCodeAt(0));
}
