/** Pixels as layers take them and back. */
interface Size {
  height: number;
  width: number;
  channels: number;
}

/** uint8, height × width × channels → channels × height × width in 0…1. */
export function toPlanes(pixels: Uint8Array, { height, width, channels }: Size): Float32Array {
  const size = height * width;
  const planes = new Float32Array(pixels.length);
  for (let place = 0; place < size; place++) {
    for (let channel = 0; channel < channels; channel++) {
      planes[channel * size + place] = pixels[place * channels + channel]! / 255;
    }
  }
  return planes;
}

/** The other way round, rounded and clipped. */
export function toPixels(planes: Float32Array, { height, width, channels }: Size): Uint8Array {
  const size = height * width;
  const pixels = new Uint8ClampedArray(planes.length);
  for (let place = 0; place < size; place++) {
    for (let channel = 0; channel < channels; channel++) {
      pixels[place * channels + channel] = planes[channel * size + place]! * 255;
    }
  }
  return new Uint8Array(pixels.buffer);
}
