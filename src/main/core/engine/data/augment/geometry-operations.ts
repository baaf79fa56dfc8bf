/** What each geometric operation does to an image's transform. */
import type { Operation } from '#shared/augmentation.ts';
import type { Draw } from './draw.ts';
import type { Size } from './resample.ts';
import type { Transform } from './transform.ts';

export const geometric = [
  'flip-horizontal',
  'flip-vertical',
  'quarter-turn',
  'rotate',
  'shift-x',
  'shift-y',
  'shear-x',
  'shear-y',
  'zoom',
  'crop',
  'perspective',
] as const satisfies readonly Operation['type'][];

export type Geometric = Extract<Operation, { type: (typeof geometric)[number] }>;

export function isGeometric(operation: Operation): operation is Geometric {
  return (geometric as readonly string[]).includes(operation.type);
}

export function transformBy(
  operation: Geometric,
  draw: Draw,
  transform: Transform,
  { height, width }: Size,
): void {
  switch (operation.type) {
    case 'flip-horizontal':
      transform.flip(true);
      break;
    case 'flip-vertical':
      transform.flip(false);
      break;
    case 'quarter-turn':
      transform.quarterTurn(draw.wholeStrength([0, 3]), width / height);
      break;
    case 'rotate':
      transform.rotate(draw.strength(operation.range));
      break;
    case 'shift-x':
      transform.shift(distance(operation, draw, width), 0);
      break;
    case 'shift-y':
      transform.shift(0, distance(operation, draw, height));
      break;
    case 'shear-x':
      transform.shearX(draw.strength(operation.range));
      break;
    case 'shear-y':
      transform.shearY(draw.strength(operation.range));
      break;
    case 'zoom': {
      const factor = draw.strength(operation.range);
      const other = operation.aspect === 'free' ? draw.within(operation.range) : factor;
      transform.zoom(factor, other);
      break;
    }
    case 'crop': {
      const area = draw.strength(operation.range);
      const [least, most] = operation.ratio;
      const ratio = Math.exp(draw.within([Math.log(least), Math.log(most)]));
      const boxWidth = Math.min(width, Math.sqrt(area * width * height * ratio));
      const boxHeight = Math.min(height, Math.sqrt((area * width * height) / ratio));
      transform.crop(
        boxWidth / width,
        boxHeight / height,
        draw.within([-0.5, 0.5]) * (width - boxWidth),
        draw.within([-0.5, 0.5]) * (height - boxHeight),
      );
      break;
    }
    case 'perspective': {
      const strength = draw.strength(operation.range);
      if (strength === 0) break;
      const [halfWidth, halfHeight] = [width / 2, height / 2];
      const moved = (corner: number) => corner * (1 + strength * draw.within([-1, 1]));
      const corners = [-1, -1, 1, -1, 1, 1, -1, 1].map((side, index) =>
        moved(side * (index % 2 === 0 ? halfWidth : halfHeight)),
      );
      transform.perspective(corners, halfWidth, halfHeight);
      break;
    }
  }
}

function distance(
  { range, unit }: Extract<Geometric, { type: 'shift-x' | 'shift-y' }>,
  draw: Draw,
  edge: number,
): number {
  return unit === 'pixels' ? draw.wholeStrength(range) : draw.strength(range) * edge;
}
