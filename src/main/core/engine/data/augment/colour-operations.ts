/** What each colour operation does to an image's colours. */
import type { Operation } from '#shared/augmentation.ts';
import type { Colour } from './colour.ts';
import type { Draw } from './draw.ts';

export const colourful = [
  'brightness',
  'contrast',
  'saturation',
  'hue',
  'channel-shift',
  'greyscale',
] as const satisfies readonly Operation['type'][];

export type Colourful = Extract<Operation, { type: (typeof colourful)[number] }>;

export function isColourful(operation: Operation): operation is Colourful {
  return (colourful as readonly string[]).includes(operation.type);
}

/** @param pixels of which a contrast needs the mean; changed when `colour` is applied */
export function colourBy(
  operation: Colourful,
  draw: Draw,
  colour: Colour,
  pixels: Uint8Array,
): void {
  switch (operation.type) {
    case 'brightness':
      colour.brightness(draw.strength(operation.range));
      break;
    case 'contrast':
      colour.contrast(draw.strength(operation.range), pixels);
      break;
    case 'saturation':
      colour.saturation(draw.strength(operation.range));
      break;
    case 'hue':
      colour.hue(draw.strength(operation.range));
      break;
    case 'channel-shift': {
      const first = draw.strength(operation.range);
      colour.shift(first, draw.within(operation.range), draw.within(operation.range));
      break;
    }
    case 'greyscale':
      colour.saturation(0);
      break;
  }
}
