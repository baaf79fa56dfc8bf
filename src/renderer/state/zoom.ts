/** Zoom and pan of a picture in a viewport. Scale 1: one picture pixel is one CSS pixel. */

export interface View {
  scale: number;
  /** Offset of the picture's centre from the viewport's centre, CSS pixels. */
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

const MAX_SCALE = 64;

/** The scale at which the whole picture shows; small pictures are enlarged, by whole numbers at most 16. */
export function fitScale(picture: Size, viewport: Size, margin = 24): number {
  const width = Math.max(1, viewport.width - 2 * margin);
  const height = Math.max(1, viewport.height - 2 * margin);
  const scale = Math.min(width / picture.width, height / picture.height);
  return scale >= 1 ? Math.min(16, Math.max(1, Math.floor(scale))) : scale;
}

export function fit(picture: Size, viewport: Size): View {
  return { scale: fitScale(picture, viewport), x: 0, y: 0 };
}

/** Zooms by `factor`, keeping the picture point under `at` (from the viewport's centre) where it is. */
export function zoomAt(
  view: View,
  factor: number,
  at: { x: number; y: number },
  picture: Size,
  viewport: Size,
): View {
  const smallest = Math.min(fitScale(picture, viewport), 1) / 2;
  const scale = Math.min(MAX_SCALE, Math.max(smallest, view.scale * factor));
  const ratio = scale / view.scale;
  return keepInside(
    { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio },
    picture,
    viewport,
  );
}

/** Some part of the picture always stays in the middle half of the viewport. */
export function keepInside(view: View, picture: Size, viewport: Size): View {
  const limitX = Math.max(0, (picture.width * view.scale) / 2 + viewport.width / 4 - 16);
  const limitY = Math.max(0, (picture.height * view.scale) / 2 + viewport.height / 4 - 16);
  return {
    scale: view.scale,
    x: Math.min(limitX, Math.max(-limitX, view.x)),
    y: Math.min(limitY, Math.max(-limitY, view.y)),
  };
}
