/** Texts about training on a pretrained network. */
import type { BackboneInfo, Run } from '#shared/contract/index.ts';
import { count, integer, percent } from '../../ui/format.ts';

/** Tux Paint's stamps: see docs/results.md. */
const measured = { pretrained: 0.866, scratch: 0.65, labels: 137, classes: 12 };

const kept = (share: number) => `${percent(share)} of its weights`;

export const networkText = {
  group: 'Pretrained networks: they have learned from other pictures',
  add: 'Add a network…',
  manage: 'Pretrained networks…',
  suggested: 'Suggested',
  whySuggested: `It has learned to see from over a million photos, so few of yours are enough. From ${integer(measured.labels)} labeled pictures of ${integer(measured.classes)} kinds it was right on ${percent(measured.pretrained)} of new ones; the recipe from scratch on ${percent(measured.scratch)}.`,
  purpose: ({ trainedOn }: Pick<BackboneInfo, 'trainedOn'>) =>
    trainedOn === null
      ? 'A network of your own. What it has learned is taken over, and a new end is trained for your classes.'
      : `Has learned from ${trainedOn}. Best for photos with few labels; small or grey pictures gain less.`,

  title: (name: string) => `On ${name}`,
  learns: 'What learns',
  learnsHint:
    'The new end always learns. Where nothing of the network does, each image is looked at once, and training takes seconds.',
  learning: { none: 'Only the new end', top: 'The top too', all: 'All of it' },
  from: 'Learns from here up',
  fromHint: 'This block and all that comes after it learn; what is below stays as it is.',
  fromBlock: (block: string, share: number) => `${block} · ${kept(share)}`,
  twoPhase: 'In two parts: first the new end, then the network',
  twoPhaseDetail:
    'A fresh end would shake what the network knows. The second part takes small steps (SGD, momentum 0.9).',
  fine: 'Second part, epochs',
  fineHint: 'The last epochs of the training, in which the network learns too.',
  fineRate: 'Second part, rate',
  fineRateHint: 'Small, so that what is known is not lost.',
  byDepth: 'The lower, the slower',
  byDepthDetail: 'Edges and colours are the same everywhere; what is high up is about classes.',
  lowest: 'Lowest block, times',
  lowestHint: 'The learning rate of the lowest block that learns is multiplied by this.',
  head: 'The new end',
  headHint:
    'Means over the picture, a dense layer in between if you want one, dropout, one output a class.',
  dense: 'Units in between',
  denseHint: 'A dense layer before the classes. Rarely needed.',
  noDense: 'none',
  dropout: 'Dropout',
  dropoutHint: 'Share of the numbers that is left out in each step, against learning by heart.',
  size: 'Picture size, pixels',
  sizeHint:
    'Height and width at which the network sees each image. It was made for the size that is set; smaller is faster.',
  copies: 'Varied copies of each image',
  copiesHint:
    'Each image is varied so often, and looked at once each; training then takes seconds. Left empty, each epoch draws and looks anew.',
  anew: 'anew',
  cut: 'Cut after',
  cutHint: 'The end of what is taken of the network: what it gives out there goes to the new end.',
  choose: 'Choose on the drawing…',

  /** Facts of a run. */
  network: 'Pretrained network',
  frozen: 'nothing of it',
  whole: 'all of it',
  above: (node: string) => `from ${node} up`,
  learnsOf: 'Of it learns',
  phase: ({ options, epochs }: Pick<Run, 'options' | 'epochs'>, epoch: number): string | null => {
    const { finetune } = options;
    if (!finetune) return null;
    const second = Math.max(epoch, epochs.length) > finetune.after;
    return second
      ? `Second part: since epoch ${integer(finetune.after + 1)} the network learns too.`
      : `First part: until epoch ${integer(finetune.after)} only the new end learns; then the network too, for ${count(options.epochs - finetune.after, 'epoch')}.`;
  },
};
