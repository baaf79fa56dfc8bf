/** Every text of the evaluate screen. */
import type { Checkpoint, Comparison, EvaluationReport, Split } from '#shared/contract/index.ts';
import { plusMinus } from '#shared/intervals.ts';
import { looksOf } from '#shared/run-words.ts';
import { viewsOf, type ViewsSpec } from '#shared/views.ts';
import { between, count, integer, percent, points, when } from '../../ui/format.ts';

const splitNames: Record<Split, string> = {
  train: 'Training',
  validation: 'Validation',
  test: 'Test',
};

export const text = {
  title: 'Evaluate',
  split: 'Images',
  splits: (split: Split, images: number | undefined): string =>
    images === undefined ? splitNames[split] : `${splitNames[split]} · ${integer(images)}`,
  splitName: (split: Split): string => splitNames[split].toLowerCase(),
  checkpoint: 'Model of',
  checkpoints: { best: 'Best epoch', last: 'Last epoch' } satisfies Record<Checkpoint, string>,
  start: 'Evaluate',
  again: 'Evaluate again',
  report: {
    save: 'Save report…',
    formats: { html: 'As a web page (HTML)', pdf: 'As a PDF' },
  },
  running: (images: string) => `Asking the model about ${images}…`,
  cancel: 'Cancel',
  resize: 'Resize figures',

  scale: 'Cells show',
  scales: { counts: 'Counts', rows: 'Percent' },
  matrix: (run: string, split: string) => `Confusion matrix of ${run} on ${split} images`,
  matrixHint: 'Rows: what the pictures show. Columns: what the model said. Click a cell to look.',
  matrixWords: { truth: 'true', predicted: 'predicted' },
  /** 'Shirt taken for T-shirt/top: 120 of 1,000 (12 %)' */
  cell: (truth: string, predicted: string, value: number, total: number): string => {
    const share = total > 0 ? ` (${percent(value / total)})` : '';
    const of = `${integer(value)} of ${integer(total)}${share}`;
    return truth === predicted
      ? `${truth} recognised: ${of}`
      : `${truth} taken for ${predicted}: ${of}`;
  },

  accuracy: 'Accuracy',
  accuracyHint: 'Share of images whose most probable class is the true one.',
  /** 'On new images like these: between 77.6 % and 80.8 %' */
  interval: (report: EvaluationReport): string =>
    `most likely ${between(report.accuracyInterval)} on images like these`,
  intervalHint: (images: number) =>
    `With ${count(images, 'image')}, the true accuracy lies in this range 19 times out of 20 (95 % Wilson interval).`,
  looks: (views: ViewsSpec) =>
    `Each image looked at in ${viewsOf(views).length} ways: ${looksOf(views)}`,
  rightOf: (right: number, images: number) => `${integer(right)} of ${integer(images)} right`,
  balanced: 'Balanced accuracy',
  balancedHint:
    'The mean of the classes’ recalls: every class counts the same, however many images it has.',
  error: 'Balanced error rate',
  errorHint: 'One minus the balanced accuracy.',
  loss: 'Loss',
  lossHint: 'How wrong the probabilities are, on average; lower is better.',

  confused: 'Most confused',
  confusedNone: 'No two classes were confused.',
  /** The two directions of a pair: 'Shirt as Coat 34' */
  confusedAs: (from: string, to: string) => `${from} as ${to}`,
  confusedOpen: (a: string, b: string) => `Show ${a} taken for ${b}`,
  perClass: 'Per class',
  columns: {
    name: 'Class',
    precision: 'Precision',
    recall: 'Recall',
    f1: 'F1',
    change: 'Change',
    support: 'Images',
  },
  columnHints: {
    precision: 'Of the images that the model called this, how many are.',
    recall: 'Of the images that are this, how many the model found.',
    f1: 'Precision and recall in one number, their harmonic mean.',
    change: 'How many more (or fewer) of this class it finds than the other run, in points.',
    support: 'Images whose true class this is.',
  },

  compare: {
    label: 'Compare with',
    none: 'No other run',
    evaluating: 'Asking the other run about the same images…',
    /** 'Against fashion-small: +1.2 points on 200 images (−0.5 to +2.9 points).' */
    sentence: (run: string, { images, overall }: Comparison): string => {
      const [low, high] = overall.interval;
      const range = `${points(overall.difference)} on ${count(images, 'image')} (${points(low)} to ${points(high)})`;
      const sure =
        low > 0
          ? 'Better.'
          : high < 0
            ? 'Worse.'
            : 'No difference that this many images could show.';
      return `Against ${run}: ${range}. ${sure}`;
    },
    fair: 'Both are held against the labels of today.',
  },

  suspects: {
    open: 'Likely wrong labels',
    title: 'Labels that are likely wrong',
    close: 'Back to the matrix',
    byStudy: (name: string) => `By folds of ${name}`,
    byRun: (split: string) => `By this run’s answers on ${split} images`,
    source: 'Judged',
    sentence: (suspects: number, images: number) =>
      suspects === 0
        ? `None of ${count(images, 'label')} looks wrong.`
        : `${integer(suspects)} of ${count(images, 'label')}: the model, which did not learn from these images, is sure that they show something else. The most doubtful come first.`,
    given: (name: string) => `labeled ${name}`,
    looks: (name: string) => `looks like ${name}`,
    take: (name: string) => `Label ${name}`,
    mended: (labels: number) => `${count(labels, 'label')} changed.`,
    mendedBody:
      'Runs that learned from them are marked as trained on older labels. Train again, and compare class by class.',
    again: 'Train again',
    none: 'No label looks wrong',
    noneBody: 'The model agrees with the labels, or is not sure enough to doubt them.',
    teach: 'Find wrong labels',
    teachBody:
      'Validate in folds: each image is judged by a model that did not learn from it. Where it is sure of something else, the label is worth a look.',
    validate: 'Validate in folds',
  },

  at: (at: number) => `Evaluated ${when(at)}`,
  stale: (changed: number) =>
    `${count(changed, 'label')} of these images changed since; the figures are of before.`,
  trainedOn: (images: number, all: number) =>
    images === all
      ? 'The model was trained on these very images: the figures flatter it.'
      : `The model was trained on ${integer(images)} of these ${integer(all)} images: the figures flatter it.`,
  excluded: (images: number) =>
    `${count(images, 'image')} left out: of a class that the model does not know, or with a file that cannot be read.`,

  cellTitle: (truth: string | null, predicted: string | null, correct: boolean | null): string => {
    if (truth !== null && predicted !== null) {
      return truth === predicted ? `${truth}, recognised` : `${truth} taken for ${predicted}`;
    }
    if (truth !== null) return correct === false ? `${truth}, missed` : truth;
    if (predicted !== null) return `Called ${predicted}`;
    return correct === false ? 'All mistakes' : 'All images';
  },
  cellSub: (total: number) => `${count(total, 'image')}, the most confident first`,
  cellEmpty: 'No pictures here.',
  mistakes: (wrong: number) => `See all ${count(wrong, 'mistake')}`,
  seeMistakes: 'Show all mistakes',
  findClass: 'Find a class',
  closeCell: 'Back to the figures',
  more: 'Show more',
  openInLabel: 'Open in Label',
  predict: 'See all probabilities',
  whyWord: 'why?',
  why: (file: string) => `Why it says so of ${file}`,
  whyHint: 'See where the model looks',
  relabel: 'Label',
  relabelAs: (file: string) => `Change the label of ${file}`,
  relabeled: (name: string) => `now ${name}`,
  relabeledToast: (name: string) => `Labeled as ${name}`,
  undo: 'Undo',
  keepsLabel: 'true label',
  /** '85 % on 12 test images: ±20 points' */
  statusReport: (run: string, split: string, report: EvaluationReport) =>
    `${run}: ${percent(report.accuracy)} on ${count(report.images, `${split} image`)}: ${plusMinus(report.accuracyInterval)}`,
  reading: 'Reading…',

  empty: {
    noRuns: 'Nothing to evaluate yet',
    noRunsBody: 'Train a model first; then see here what it gets right and what it confuses.',
    noLabels: 'Label at least two classes first',
    noLabelsBody: 'A model needs labeled pictures of two classes or more to learn from.',
    train: 'Train a model',
    label: 'Label images',
    notYet: (run: string, split: string) => `${run} is not evaluated on ${split} images yet`,
    notYetBody: (images: string) =>
      `Ask it about ${images} and see what it gets right, what it confuses, and how sure the figure is.`,
    noImages: (split: string) => `No labeled ${split} images`,
    noImagesBody: 'Choose other images above, or split the library into training and test.',
    split: 'Split the images',
  },
} as const;
