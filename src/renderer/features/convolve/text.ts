/** Words of the convolution workbench. */
import type { GreyScale, SlidePadding } from '#shared/contract/index.ts';
import type { Doing, Speed, Subject } from '../../state/convolve.svelte.ts';
import { count, integer, percent } from '../../ui/format.ts';
import type { KernelId } from './kernels.ts';

/** 2 → '2', −0 → '0', 0.33333 → '0.333', 12.5 → '12.5'. */
export function number(value: number): string {
  const rounded = Number(value.toPrecision(value !== 0 && Math.abs(value) < 1 ? 2 : 4)) + 0;
  const short = Number.isInteger(rounded) ? String(rounded) : String(Number(rounded.toFixed(3)));
  return short.replace('-', '−');
}

/** A factor within a sum: negative ones in brackets. */
const factor = (value: number) => (value < 0 ? `(${number(value)})` : number(value));

/** Longer sums are not written out. */
const mostTerms = 9;

export const text = {
  settings: 'Settings',
  resize: 'Resize the settings',
  doing: {
    label: 'What is done',
    convolve: 'Convolution',
    max: 'Max pooling',
    average: 'Average pooling',
  } satisfies Record<Doing | 'label', string>,
  subject: {
    label: 'What it is done to',
    numbers: 'Numbers',
    picture: 'A picture',
  } satisfies Record<Subject | 'label', string>,
  explain: {
    convolve:
      'A kernel slides over the input; at each place, numbers and weights are multiplied and added up.',
    max: 'A window slides over the input; of each place, the largest number is kept.',
    average: 'A window slides over the input; of each place, the mean is kept.',
  } satisfies Record<Doing, string>,
  example: 'Example',
  own: 'Your own numbers',
  input: 'Input',
  inputHint: 'Numbers with blanks between them, a row a line; an empty line begins the next plane.',
  kernel: 'Kernel',
  notNumbers: 'Give numbers in rows of one length.',
  axes: (input: number, kernel: number) =>
    `The input has ${count(input, 'dimension')}, the kernel ${integer(kernel)}.`,
  kernels: {
    identity: 'Identity',
    blur: 'Blur',
    gaussian: 'Soft blur (Gaussian)',
    sharpen: 'Sharpen',
    edges: 'All edges (Laplacian)',
    upright: 'Upright edges (Sobel)',
    level: 'Level edges (Sobel)',
    emboss: 'Emboss',
    gabor: 'Stripes (Gabor)',
  } satisfies Record<KernelId, string>,
  ownKernel: 'Your own',
  kernelSize: 'Size of the kernel',
  angle: 'Angle',
  degrees: (value: number) => `${value}°`,
  weight: (row: number, column: number) => `Weight in row ${row}, column ${column}`,
  window: 'Window',
  padding: 'Which places count',
  paddings: {
    full: { label: 'Full', detail: 'Wherever both overlap' },
    same: { label: 'Same', detail: 'As many as the input has' },
    valid: { label: 'Valid', detail: 'Only where the window lies inside' },
    1: { label: 'Padding 1', detail: 'One zero on each side' },
    2: { label: 'Padding 2', detail: 'Two zeros on each side' },
    3: { label: 'Padding 3', detail: 'Three zeros on each side' },
  } as Record<string, { label: string; detail: string }>,
  paddingKey: (padding: SlidePadding) => String(padding),
  stride: 'Stride',
  strideExplain: 'Places from one position to the next',
  flip: 'Turn the kernel around',
  flipDetail:
    'Convolution as mathematics has it. Layers of networks leave the kernel as it is (cross-correlation): they learn it either way.',
  show: 'Shown',
  shows: {
    clip: 'As it is, 0 to 255',
    absolute: 'Without its sign',
    centre: 'Around middle grey',
    stretch: 'Smallest black, largest white',
  } satisfies Record<GreyScale, string>,
  move: 'Move the input',
  moveDetail: 'What becomes of the output when everything is a little elsewhere?',
  right: 'To the right',
  down: 'Down',
  places: (value: number) => count(value, 'place'),
  output: 'Output',
  times: '∗',
  laid: { flipped: 'Kernel, turned around', plain: 'Kernel' },
  plane: (index: number) => `Plane ${index}`,
  movedInput: 'Input, moved',
  movedOutput: 'Its output',
  stays: (what: string, input: number, output: number) =>
    `Of the input ${percent(input, 0)} of the numbers stay the same; after ${what.toLowerCase()}, ${percent(output, 0)}.`,
  size: (width: number, height: number) => `${width}×${height}`,
  range: (least: number, most: number) => `from ${number(least)} to ${number(most)}`,
  here: 'At this place',
  position: (at: number, of: number) => `Place ${integer(at + 1)} of ${integer(of)}`,
  slider: 'Place of the window',
  play: 'Play',
  pause: 'Pause',
  step: 'Next place',
  back: 'Place before',
  first: 'First place',
  last: 'Last place',
  speed: 'Speed',
  speeds: { slow: 'Slow', medium: 'Medium', fast: 'Fast' } satisfies Record<Speed, string>,
  title: 'Convolve',
  images: 'Images of the library',
  dropHint: 'Drop any picture here. It is shown in grey: one number a pixel.',
  dropNow: 'Drop to put this picture under the kernel',
  noPicture: 'Choose one of the library’s images above, or drop a picture.',
  status: (what: string, shape: readonly number[]) => `${what}: ${shape.join('×')}`,
  product: (value: number, weight: number) => `${number(value)} × ${number(weight)}`,
  /** The arithmetic of one place, as far as it can be read. */
  sum(windows: readonly number[], weights: readonly number[], result: number): string {
    if (windows.length > mostTerms) {
      return `The sum of ${integer(windows.length)} products is ${number(result)}`;
    }
    const terms = windows.map((value, at) => `${number(value)}×${factor(weights[at] ?? 0)}`);
    return `${terms.join(' + ')} = ${number(result)}`;
  },
  pooled(kind: 'max' | 'average', values: readonly number[], result: number): string {
    if (values.length > mostTerms) {
      const what = kind === 'max' ? 'largest' : 'mean';
      return `The ${what} of ${integer(values.length)} numbers is ${number(result)}`;
    }
    const listed = values.map(number);
    return kind === 'max'
      ? `The largest of ${listed.join(', ')} is ${number(result)}`
      : `(${listed.join(' + ')}) / ${values.length} = ${number(result)}`;
  },
};
