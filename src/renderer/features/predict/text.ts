/** Every text of the predict screen. */
import type { BackboneDetails } from '#shared/contract/index.ts';
import { count, integer } from '../../ui/format.ts';
import { imageExtensions } from '../images/extensions.ts';

export const text = {
  title: 'Predict',
  choose: 'Choose files…',
  fromLibrary: 'From the library…',
  clear: 'Clear',
  cancel: 'Stop',
  dropHere: 'Drop pictures here',
  dropBody: 'One picture gives one answer, many give a table. They stay where they are.',
  dropNow: 'Let go to ask the model',
  chooseTitle: 'Pictures to ask about',
  extensions: imageExtensions,
  progress: (done: number, all: number) => `${integer(done)} of ${count(all, 'picture')}`,
  waiting: 'Asking…',
  bars: (file: string) => `Class probabilities of ${file}`,
  words: {
    truth: 'true',
    predicted: 'predicted',
    all: (classes: number) => `Show all ${integer(classes)} classes`,
    fewer: 'Show the most probable only',
  },
  answer: (name: string) => `Most likely ${name}`,
  /** Beside a pretrained network that answers in place of a run. */
  network: ({ name, classes, trainedOn, namesFrom }: BackboneDetails): string => {
    const seen = trainedOn === null ? '' : ` It was trained on ${trainedOn}.`;
    const names =
      namesFrom === 'imagenet'
        ? ' Its file names no classes; they are taken for ImageNet’s, in the usual order.'
        : '';
    return `${name} just looks: it answers with its own ${integer(classes ?? 0)} classes, not with yours.${seen}${names}`;
  },
  missing: 'Its file cannot be read.',
  /** Beside a picture whose truth is known. */
  right: 'The model is right.',
  wrong: (truth: string) => `The label says ${truth}.`,
  unlabeled: 'Not labeled yet.',
  library: 'in the library',

  table: {
    label: 'Predictions',
    picture: 'Picture',
    file: 'File',
    answer: 'Answer',
    probability: 'Probability',
    next: 'Runner-up',
  },
  filters: {
    all: (value: number) => `All · ${integer(value)}`,
    wrong: (value: number) => `Wrong · ${integer(value)}`,
    unsure: (value: number) => `Unsure · ${integer(value)}`,
    failed: (value: number) => `Failed · ${integer(value)}`,
  },
  filter: 'Show',
  unsureHint: 'Less than 60 % sure',
  csv: 'Save as CSV',
  csvName: (run: string) => `predictions-${run}.csv`,
  csvColumns: {
    file: 'file',
    truth: 'truth',
    predicted: 'predicted',
    probability: 'probability',
    error: 'error',
  },
  failedSummary: (failed: number) => `${count(failed, 'file')} could not be read`,
  resize: 'Resize details',
  statusMany: (done: number, failed: number) =>
    `${count(done, 'prediction')}${failed > 0 ? `, ${integer(failed)} failed` : ''}`,

  picker: {
    description: 'Choose up to 1,000 pictures to ask the model about.',
    predict: (chosen: number) =>
      chosen === 0 ? 'Ask the model' : `Ask about ${count(chosen, 'picture')}`,
  },
  empty: {
    noRuns: 'Nothing to predict with yet',
    noRunsBody: 'Train a model first; then drop any picture here and see what it says.',
    noLabels: 'Label at least two classes first',
    noLabelsBody: 'A model needs labeled pictures of two classes or more to learn from.',
    train: 'Train a model',
    label: 'Label images',
  },
} as const;
