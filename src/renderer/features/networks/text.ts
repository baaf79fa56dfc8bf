/** Every text about pretrained networks and their parts. */
import type { BackboneDetails, BackboneInfo, BackboneNode } from '#shared/contract/index.ts';
import type { BlockKind, NetworkBlock } from '#shared/network-blocks.ts';
import { count, fileName, integer, list } from '../../ui/format.ts';

const kinds: Record<BlockKind, string> = {
  convolution: 'Convolution',
  depthwise: 'Depthwise convolution',
  bottleneck: 'Bottleneck',
  residual: 'Residual block',
  attention: 'Attention',
  'feed-forward': 'Feed-forward block',
  branches: 'Branches',
  squeeze: 'Squeeze and excite',
  pool: 'Pool',
  dense: 'Dense',
  other: 'Step',
};

/** '3×3', '1×1, 5×5' */
function kernels(nodes: readonly BackboneNode[]): string {
  const sizes = nodes.flatMap(({ op, kernel }) =>
    op === 'Conv' && kernel ? [kernel.join('×')] : [],
  );
  return [...new Set(sizes)].join(', ');
}

/** Width × height × channels, as sizes are written everywhere; the file has channels first. */
export function outputText(shape: readonly number[]): string {
  const [channels = 0, height, width] = shape;
  if (width === undefined || height === undefined) return shape.map(integer).join(' × ');
  return `${height}×${width}×${channels}`;
}

export const networkWords = {
  kinds,
  output: outputText,
  /** 'Residual block 3×3', 'Branches: 4 ways' */
  block: ({ kind, nodes, ways }: NetworkBlock): string => {
    if (kind === 'other') return nodes.at(-1)?.op ?? kinds.other;
    const sizes = kernels(nodes);
    const forks = kind === 'branches' && ways > 1 ? `: ${integer(ways)} ways` : '';
    return `${kinds[kind]}${forks || (sizes === '' ? '' : ` ${sizes}`)}`;
  },
  picture: 'Picture',
  cutHere: 'cut here',
  usual: 'usual cut',
  fold: 'Fold all blocks',
  smaller: 'Smaller',
  larger: 'Larger',
  drawing: (name: string) => `The blocks of ${name}: choose where it is cut`,
  openBlock: (name: string) => `Show what is inside: ${name}`,
  parameters: (value: number): string =>
    value === 0 ? 'no parameters' : count(value, 'parameter'),
};

export const networkScreen = {
  title: 'Pretrained networks',
  back: 'Back to the runs',
  add: 'Add a network…',
  pick: 'An ONNX file',
  dropNow: 'Let go to add this network',
  reading: (file: string) => `Reading ${fileName(file)}…`,
  cancel: 'Cancel',
  dismiss: 'Close',
  resize: 'Resize the list of networks',
  resizeDrawing: 'Resize the drawing',
  added: (name: string, before: boolean) =>
    before ? `${name} is here already` : `${name} is in your library`,
  row: ({ family, classes }: Pick<BackboneInfo, 'family' | 'classes'>, parameters: string) =>
    [
      ...(family === null ? [] : [family]),
      `${parameters} parameters`,
      ...(classes === null ? [] : [`${integer(classes)} classes`]),
    ].join(' · '),
  boxed: 'comes with the app',
  hint: 'Drop an ONNX file here to add it. It is copied for all of your projects and never leaves this computer; a project keeps its own copy of what its runs use.',

  train: 'Train with it',
  look: 'Just look',
  features: 'Features of your images…',
  remove: 'Remove…',
  removeTitle: (name: string) => `Remove ${name}?`,
  removeBody: 'The copy in your library is deleted. Projects whose runs use it keep theirs.',
  removeConfirm: 'Remove network',
  keep: 'Keep',

  name: 'Name',
  trainedOn: 'Trained on',
  notKnown: 'Not known',
  trainedOnHint: 'What it has seen is what it is good at.',
  about: 'About the file',
  family: 'Family',
  unknown: 'not one that the app knows',
  input: 'Takes',
  inputOf: ({ input }: Pick<BackboneInfo, 'input'>): string => {
    const size =
      input.height === null || input.width === null
        ? 'pictures of any size'
        : `pictures of ${input.height} × ${input.width}`;
    return `${size}, ${input.channels === 1 ? 'grey' : 'in colour'}`;
  },
  classes: 'Tells apart',
  noAnswer: 'nothing by itself: it gives out no list of classes',
  classesOf: (
    classes: number,
    names: readonly string[],
    from: BackboneDetails['namesFrom'],
  ): string => {
    const number = count(classes, 'class', 'classes');
    if (from === null) return `${number}, whose names the file does not say`;
    const some = list(names, 3);
    return from === 'file'
      ? `${number}: ${some}`
      : `${number}. The file names none; taken for those of ImageNet: ${some}`;
  },
  parameters: 'Parameters',
  file: 'File',
  writtenBy: ({ producer, opset }: Pick<BackboneInfo, 'producer' | 'opset'>) =>
    `ONNX opset ${integer(opset)}${producer === '' ? '' : `, written by ${producer}`}`,
  from: 'From',
  copy: 'Copy',
  copied: 'Copied',
  recognised: ({ name, source }: NonNullable<BackboneInfo['recognised']>) =>
    `Recognised by its SHA-256: ${name}, ${source}.`,
  notRecognised: 'The app does not know this file by its SHA-256.',
  notRecognisedHint: 'Compare it with what is said where you got the file.',

  cut: 'Where it is cut',
  cutAt: (node: string, output: string, usual: boolean) =>
    `${usual ? 'Before its classifier' : 'Where you chose'}, behind ${node}: each image becomes ${output} numbers. Click a block of the drawing to cut it elsewhere.`,
  usualCut: 'Back to the usual cut',

  pixels: 'How it wants its pixels',
  pixelsKnown: 'As such networks usually want them. Change it if yours says otherwise.',
  pixelsUnknown:
    'The app does not know its family. Look up what it was trained with: wrong numbers make it see badly, without any error.',
  side: { height: 'Height', width: 'Width' },
  sizeHint: 'To which images are scaled.',
  order: 'Order of the channels',
  orderHint: 'Most take red, green, blue; networks that came from Caffe take blue first.',
  channel: { r: 'red', g: 'green', b: 'blue', grey: 'grey' },
  numbers: { mean: 'Mean', std: 'Deviation' },
  numbersHint: {
    mean: 'Taken off each pixel, whose values are 0 to 1.',
    std: 'What is left is divided by it.',
  },
  asProposed: 'Back to what was proposed',
};

export const featuresText = {
  title: 'Features of your images',
  body: (name: string) => `What ${name} makes of each image, as numbers for other programs.`,
  node: 'Taken at',
  pool: 'One number a channel',
  poolDetail: 'The mean of each map, in place of all of its numbers.',
  which: 'Which images',
  splits: { all: 'All', train: 'Training', validation: 'Validation', test: 'Test' },
  selection: (images: number) => `Of ${count(images, 'selected image')}.`,
  format: 'File',
  npy: 'NumPy (.npy)',
  csv: 'Table (.csv)',
  file: 'File',
  folder: 'Folder for the file',
  fileHint: (numbers: string) => `${numbers} numbers an image before any means are taken.`,
  change: 'Change…',
  start: 'Save features',
  working: 'Looking at the images…',
  done: 'The features are saved',
  written: (images: number, shape: readonly number[]) =>
    `${count(images, 'image')}, ${shape.map(integer).join(' × ')} numbers each`,
  cancel: 'Cancel',
  goOn: 'Go on working',
  close: 'Close',
};
