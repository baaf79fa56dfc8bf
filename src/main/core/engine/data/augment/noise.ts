import type { Random } from '../../random.ts';
import { clamp } from './colour.ts';

const ENTRIES = 4096;
let quantiles: Float32Array | undefined;

/** The standard normal distribution in equally likely steps, by adding its density up. */
function normalQuantiles(): Float32Array {
  if (quantiles) return quantiles;
  const table = new Float32Array(ENTRIES);
  const step = 1e-4;
  let z = -6;
  let below = 0;
  for (let entry = 0; entry < ENTRIES / 2; entry++) {
    while (below < (entry + 0.5) / ENTRIES) {
      below += (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * step;
      z += step;
    }
    table[entry] = z;
    table[ENTRIES - 1 - entry] = -z;
  }
  return (quantiles = table);
}

/** Adds Gaussian noise, in place. @param deviation standard deviation in levels (0–255) */
export function addNoise(pixels: Uint8Array, random: Random, deviation: number): void {
  const table = normalQuantiles();
  const noisy = (level: number, draw: number) =>
    clamp((level + table[draw]! * deviation + 0.5) | 0);
  for (let at = 0; at < pixels.length; at += 2) {
    const bits = random.uint32();
    pixels[at] = noisy(pixels[at]!, bits >>> 20);
    if (at + 1 < pixels.length) pixels[at + 1] = noisy(pixels[at + 1]!, (bits >>> 8) & 0xfff);
  }
}
