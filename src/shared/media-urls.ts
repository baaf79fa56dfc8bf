/**
 * Paths of pictures, the same on every host: the loopback server and Electron's protocol handler both
 * give them to core/api/media.ts. Pixels of an image id never change, so answers may be cached for ever.
 */

/** Edges of the thumbnails that are made, device pixels; a client asks for the next one up. */
export const thumbnailSizes = [64, 128, 256, 512] as const;
export type ThumbnailSize = (typeof thumbnailSizes)[number];

/** The smallest thumbnail that is not scaled up at `pixels` device pixels. */
export function thumbnailSizeFor(pixels: number): ThumbnailSize {
  return thumbnailSizes.find((size) => size >= pixels) ?? 512;
}

/** A thumbnail: longest edge at most `size`, oriented upright, WebP or PNG. */
export function thumbnailUrl(project: string, image: number, size: ThumbnailSize): string {
  return `/media/${encodeURIComponent(project)}/thumbnails/${image}?size=${size}`;
}

/** The whole picture, oriented upright, in a format that browsers show. */
export function imageUrl(project: string, image: number): string {
  return `/media/${encodeURIComponent(project)}/images/${image}`;
}

/** Where one dropped file of an upload session is PUT; `relativePath` uses '/'. */
export function uploadUrl(session: string, relativePath: string): string {
  const path = relativePath.split('/').map(encodeURIComponent).join('/');
  return `/upload/${encodeURIComponent(session)}/${path}`;
}
