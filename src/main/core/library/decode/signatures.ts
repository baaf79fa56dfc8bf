/** Signatures of what can be read, with their offset; brands of AVIF. */
const SIGNATURES: [offset: number, bytes: string][] = [
  [0, '\x89PNG'],
  [0, '\xff\xd8\xff'],
  [0, 'GIF8'],
  [0, 'BM'],
  [0, 'II*\0'],
  [0, 'MM\0*'],
  [8, 'WEBP'],
  [4, 'ftypavif'],
  [4, 'ftypavis'],
  [4, 'ftypmif1'],
];

/** Whether bytes begin as an image of a kind that is read here, whole or not. */
export function hasImageSignature(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 16);
  return SIGNATURES.some(([offset, signature]) => start.startsWith(signature, offset));
}
