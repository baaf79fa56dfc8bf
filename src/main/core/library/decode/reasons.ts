/** What system and decoders report, in words for whoever owns the file. */

const system: Readonly<Record<string, string>> = {
  EACCES: 'cannot be read: no permission',
  EPERM: 'cannot be read: no permission',
  ENOENT: 'does not exist any more',
  EIO: 'cannot be read: its disk does not answer',
  ELOOP: 'is a symbolic link that leads in a circle',
};

export function systemReason(code: string | undefined): string | null {
  return (code === undefined ? undefined : system[code]) ?? null;
}

/** The first that matches says it; what libvips and the libraries below it say means nothing to users. */
const decoder: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/unsupported image format/i, 'is not an image, or of a kind that is not read here'],
  [
    /premature|truncated|unexpected e(nd|of)|end of (file|stream)|bad seek|seek error|cut off|got \d+ bytes, expected|not enough data|datastream contains no image/i,
    'is damaged: it is cut off',
  ],
  [
    /not implemented|unsupported feature|data precision|not configured|unsupported (codec|compression|colou?r)/i,
    'is packed in a way that is not read here; save it again as PNG or JPEG',
  ],
  [/out of memory|failed to allocate|cannot allocate/i, 'needs more memory than there is'],
  [/corrupt header|unable to parse/i, 'is damaged at its beginning'],
];

/**
 * @param message of libvips, its lines being the complaints of one picture
 * @param maxPixels what the pixel limit was set to
 * @returns the end of a sentence that begins with the file's name
 */
export function decoderReason(message: string, maxPixels: number): string {
  if (/pixel limit/i.test(message)) {
    return `has more than the ${maxPixels / 1e6} megapixels that can be read`;
  }
  const known = decoder.find(([pattern]) => pattern.test(message));
  return known?.[1] ?? 'is damaged: a part of the picture cannot be read';
}
