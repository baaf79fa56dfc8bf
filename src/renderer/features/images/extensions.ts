/** Files that a dialog offers where a picture is wanted. */
export const imageExtensions = [
  'png',
  'jpg',
  'jpeg',
  'webp',
  'gif',
  'bmp',
  'tif',
  'tiff',
  'avif',
] as const;
