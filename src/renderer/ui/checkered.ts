/**
 * Fits an image element to its picture inside a size container and lays a checkerboard behind it, so
 * that transparent pictures can be told from the canvas. An opaque picture covers it. Only once the
 * picture is decoded: the checkerboard must not flash while tiles load. The rules are in base.css.
 */
export function checkered(image: HTMLImageElement): () => void {
  const fit = (): void => {
    if (image.naturalWidth === 0 || image.naturalHeight === 0) return;
    image.style.setProperty('--aspect', String(image.naturalWidth / image.naturalHeight));
    image.dataset['fitted'] = '';
    const { src } = image;
    const show = (): void => {
      if (image.src === src) image.dataset['checkered'] = '';
    };
    // It may have been taken away meanwhile; then there is nothing to show.
    image.decode().then(show, () => undefined);
  };
  if (image.complete) fit();
  image.addEventListener('load', fit);
  return () => image.removeEventListener('load', fit);
}
