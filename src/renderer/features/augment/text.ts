/** Words of the Augment screen. */
import { plusMinus, shareInterval } from '#shared/intervals.ts';
import type { FillMode, Operation, OperationType } from '#shared/augmentation.ts';
import { count, integer, percent, setting, wholePercent } from '../../ui/format.ts';

const names: Record<OperationType, string> = {
  'flip-horizontal': 'Mirror left–right',
  'flip-vertical': 'Mirror up–down',
  'quarter-turn': 'Quarter turns',
  rotate: 'Rotate',
  'shift-x': 'Shift sideways',
  'shift-y': 'Shift up and down',
  'shear-x': 'Lean sideways',
  'shear-y': 'Lean up and down',
  zoom: 'Zoom',
  crop: 'Crop and enlarge',
  perspective: 'Perspective',
  elastic: 'Elastic',
  brightness: 'Brightness',
  contrast: 'Contrast',
  saturation: 'Saturation',
  hue: 'Hue',
  'channel-shift': 'Colour cast',
  greyscale: 'Greyscale',
  auto: 'Automatic',
  blur: 'Blur',
  noise: 'Noise',
  erase: 'Erase a patch',
  mixup: 'Blend two images',
  cutmix: 'Paste a patch of another',
};

const hints: Record<OperationType, string> = {
  'flip-horizontal': 'Swaps left and right.',
  'flip-vertical': 'Swaps top and bottom.',
  'quarter-turn': 'Turns by 0°, 90°, 180° or 270°, alike often.',
  rotate: 'Turns around the middle; above 0° counter-clockwise.',
  'shift-x': 'Moves the picture; above 0 to the right.',
  'shift-y': 'Moves the picture; above 0 downwards.',
  'shear-x': 'Slants upright lines (shear).',
  'shear-y': 'Slants level lines (shear).',
  zoom: 'Above 1 brings closer, below 1 moves away.',
  crop: 'Cuts out this share of the area, anywhere, and enlarges it (random resized crop).',
  perspective: 'Moves the corners, as if seen from the side.',
  elastic: 'Bends softly, as handwriting or tissue varies.',
  brightness: 'Multiplies lightness; 1 leaves it.',
  contrast: 'Below 1 flatter, above 1 harder; 1 leaves it.',
  saturation: '0 is grey, 1 leaves it, above is more colourful.',
  hue: 'Turns all colours on the colour wheel.',
  'channel-shift': 'Adds to red, green and blue, each on its own.',
  greyscale: 'Takes the colours away.',
  auto: 'RandAugment: operations drawn anew for each image, all equally strong.',
  blur: 'Softens; the number is the Gaussian’s deviation in pixels.',
  noise: 'Adds grain; the number is its deviation of 255 levels.',
  erase: 'Paints over a rectangle of this share of the area (cutout, random erasing).',
  mixup: 'Mixup: another image shines through, and the label is shared.',
  cutmix: 'CutMix: a patch of another image, and the label is shared by area.',
};

const signed = (value: number, unit: string): string =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${setting(Math.abs(value))}${unit}`;
const factor = (value: number): string => `×${setting(Math.round(value * 1000) / 1000)}`;

/** How a strength of this operation reads. */
export function strength(one: Operation, value: number): string {
  switch (one.type) {
    case 'rotate':
    case 'shear-x':
    case 'shear-y':
    case 'hue':
      return signed(Math.round(value * 10) / 10, '°');
    case 'shift-x':
    case 'shift-y':
      return one.unit === 'pixels'
        ? signed(value, ' px')
        : signed(Math.round(value * 1000) / 10, ' %');
    case 'quarter-turn':
      return `${integer(value * 90)}°`;
    case 'zoom':
    case 'brightness':
    case 'contrast':
    case 'saturation':
      return factor(value);
    case 'channel-shift':
    case 'noise':
      return signed(Math.round(value * 10) / 10, '');
    case 'blur':
      return `${setting(Math.round(value * 100) / 100)} px`;
    case 'crop':
    case 'perspective':
    case 'elastic':
    case 'erase':
    case 'mixup':
    case 'cutmix':
      return percent(value);
    default:
      return '';
  }
}

function often(probability: number): string {
  return probability >= 1 ? 'always' : `${wholePercent(probability)} of images`;
}

/** 'Rotate −15° to +15°, always'. */
function summary(one: Operation): string {
  if (!one.on) return 'off';
  if (one.type === 'auto') {
    return `${count(one.count, 'operation')} of strength ${setting(one.magnitude)}, ${often(one.probability)}`;
  }
  if (!('range' in one)) return often(one.probability);
  const [low, high] = one.range;
  const range =
    low === high ? strength(one, low) : `${strength(one, low)} to ${strength(one, high)}`;
  return `${range}, ${often(one.probability)}`;
}

export const text = {
  title: 'Augment',
  names,
  hints,
  summary,
  operations: 'Operations',
  preset: 'Augmentation',
  own: 'of this project',
  remove: 'Delete this augmentation',
  size: 'As seen by',
  sizeOf: (height: number, width: number, channels: number) =>
    `${height}×${width} ${channels === 1 ? 'grey' : 'colour'}`,
  original: 'Original',
  draws: 'What training sees',
  draw: (epoch: number, what: string) => `Epoch ${integer(epoch)}: ${what}`,
  unchanged: 'as it is',
  done: (operations: readonly Operation[], done: readonly { operation: number; value: number }[]) =>
    done
      .map(({ operation, value }) => {
        const one = operations[operation];
        if (!one) return '';
        const how = strength(one, value);
        return how ? `${names[one.type].toLowerCase()} ${how}` : names[one.type].toLowerCase();
      })
      .filter((what) => what !== '')
      .join(', '),
  epochs: (first: number, last: number) => `Epochs ${integer(first)} to ${integer(last)}`,
  epochSlider: 'First epoch shown',
  earlier: 'Earlier epochs',
  later: 'Later epochs',
  redraw: 'Redraw',
  redrawHint: 'Another seed: everything is drawn anew',
  seed: (seed: number) => `Seed ${integer(seed)}`,
  add: 'Add operation…',
  probability: 'How often',
  range: (type: OperationType) => `${names[type]}: range`,
  least: (type: OperationType) => `${names[type]}: from`,
  most: (type: OperationType) => `${names[type]}: to`,
  settings: (type: OperationType) => `Settings of ${names[type]}`,
  moveUp: 'Do it earlier',
  drop: 'Take it out',
  strip: (type: OperationType) => `${names[type]} from its least to its most`,
  unit: 'Measured in',
  units: { pixels: 'Pixels', fraction: 'Share of the edge' },
  aspect: 'Height and width',
  aspects: { keep: 'Together', free: 'Each its own' },
  eraseFill: 'Painted with',
  eraseFills: { mean: 'Mean', black: 'Black', grey: 'Grey', noise: 'Noise' },
  count: 'Operations an image',
  magnitude: 'Strength',
  alpha: 'Evenness (alpha)',
  fill: 'Beyond the edge',
  fillHint: 'What is seen where the picture was moved away.',
  fills: {
    nearest: 'Edge goes on',
    constant: 'Black',
    reflect: 'Mirrored',
    wrap: 'Repeated',
  } satisfies Record<FillMode, string>,
  risk: 'May change what the image is',
  overrule: 'Fine here',
  check: 'Ask a model',
  checkHint: (name: string) =>
    `How ${name} does on labeled images with each operation alone: where it falls far, the operation likely changes what they are.`,
  effect: (before: number, after: number, images: number) =>
    `Model: ${wholePercent(before)} → ${wholePercent(after)} right (${plusMinus(shareInterval(after, images))})`,
  train: 'Train with this',
  status: (milliseconds: number) => `16 draws in ${integer(milliseconds)} ms`,
  none: 'No operation: training sees the images as they are.',
  empty: {
    title: 'No images yet',
    body: 'Import pictures to see how training would vary them.',
    go: 'Go to Library',
  },
} as const;
