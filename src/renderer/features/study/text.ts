/** Every text of studies. */
import type { Study, StudyArm, StudyStatus } from '#shared/contract/index.ts';
import { plusMinus } from '#shared/intervals.ts';
import { between, count, duration, integer, percent } from '../../ui/format.ts';

export const text = {
  title: 'Studies',
  create: 'New study',
  kinds: { curve: 'Learning curve', folds: 'Honest validation' } satisfies Record<
    Study['request']['kind'],
    string
  >,
  teach: {
    curve:
      'Trains the same model on more and more of your labels and draws how accuracy grows. From that it tells what twice the labels would bring: whether labeling on is worth it.',
    folds:
      'Splits the training images into parts and trains once for each, on all the other parts. Every image is then judged by a model that never saw it: an honest accuracy from few labels, and a list of labels that are likely wrong.',
  } satisfies Record<Study['request']['kind'], string>,
  form: {
    model: 'Model and settings',
    modelSentence: (model: string, epochs: number, batch: number) =>
      `${model}, ${count(epochs, 'epoch')}, batch ${integer(batch)}: as set under New run.`,
    change: 'Change',
    sizes: 'Labels',
    sizesHint: (most: number) =>
      `How many to train on, from few to all. There are ${count(most, 'labeled training image')}.`,
    sizesWrong: 'Give whole numbers from 2 on, such as 300, 600, 1800.',
    seeds: 'Trainings for each',
    seedsHint: 'With other images and other starting weights each. More make it surer.',
    baseline: 'Beside a plain dense net',
    baselineHint: 'The same for a network without convolutions, to see what the model is worth.',
    folds: 'Parts',
    foldsHint: 'Five is usual; ten is a little more exact and takes twice as long.',
    start: 'Start the study',
    trainings: (trainings: number) =>
      `${count(trainings, 'training')}, one after the other. You can go on working, and cancel at any time: what is measured stays.`,
    noModel: 'Choose a model under New run first.',
  },
  status: {
    running: 'At work',
    done: 'Done',
    cancelled: 'Cancelled',
    interrupted: 'Interrupted',
    failed: 'Failed',
  } satisfies Record<StudyStatus, string>,
  ended: (study: Study): string => {
    const measured = study.parts.filter(({ result }) => result !== null).length;
    const of = `${integer(measured)} of ${count(study.parts.length, 'training')}`;
    if (study.status === 'cancelled') return `Cancelled after ${of}.`;
    if (study.status === 'interrupted') return `The app ended during this study, after ${of}.`;
    return `Stopped by an error after ${of}.`;
  },
  resume: 'Go on',
  remove: 'Delete study',
  removeTitle: (name: string) => `Delete the study of ${name}?`,
  removeBody: 'Its figures and the records of its trainings go away. Labels and runs stay.',
  more: 'More about this study',
  cancel: 'Cancel',
  row: (study: Study): string => {
    const measured = study.parts.filter(({ result }) => result !== null).length;
    const kind = text.kinds[study.request.kind];
    return study.status === 'running'
      ? `${kind} · ${integer(measured)} of ${integer(study.parts.length)}`
      : study.status === 'done'
        ? kind
        : `${kind} · ${text.status[study.status].toLowerCase()}`;
  },
  arms: { model: 'Model', dense: 'Dense net' } satisfies Record<StudyArm, string>,
  armName: (arm: StudyArm, model: string) => (arm === 'model' ? model : 'Dense net'),
  measuredOn: (study: Study): string => {
    const images = integer(study.measuredImages);
    const where = {
      test: `the ${images} test images`,
      validation: `the ${images} validation images`,
      'held-out': `${images} images held out from all trainings`,
      folds: `${images} images, each by a model that did not see it`,
    }[study.measuredOn];
    return `Measured on ${where}.`;
  },
  took: (study: Study) => `${count(study.parts.length, 'training')} in ${duration(study.seconds)}.`,
  stale: (labels: number) =>
    `${count(labels, 'label')} changed since this study began; it speaks of the labels before.`,
  chart: {
    title: 'Accuracy by number of labels',
    x: 'labels',
    twice: 'twice the labels',
    summary: (curves: string) => `Accuracy by number of labels. ${curves}`,
    band: 'Bands: 95 % sure, from seeds and test images together.',
    waiting: 'The first points come with the first trainings.',
  },
  columns: {
    arm: 'Trained',
    size: 'Labels',
    mean: 'Accuracy',
    interval: '95 % sure',
    deviation: 'Between seeds',
    seeds: 'Seeds',
  },
  deviation: (share: number, seeds: number) => (seeds < 2 ? '–' : `±${(share * 100).toFixed(1)}`),
  between: (interval: readonly [number, number]) => between(interval),
  export: { png: 'Save chart', csv: 'Save CSV' },
  folds: {
    accuracy: 'Accuracy, each image held out once',
    accuracyHint:
      'Share of all training images that a model which did not learn from them got right.',
    detail: (images: number, interval: readonly [number, number]) =>
      `on ${count(images, 'image')}: ${plusMinus(interval)}`,
    balanced: 'Balanced accuracy',
    spread: 'Folds',
    spreadValue: (mean: number, deviation: number) =>
      `${percent(mean)} ± ${(deviation * 100).toFixed(1)}`,
    spreadHint: 'Mean and standard deviation of the parts’ accuracies.',
    each: 'Part by part',
    fold: 'Part',
    trained: 'Trained on',
    heldOut: 'Held out',
    perClass: 'Per class',
    mislabeled: 'Look at labels that are likely wrong',
  },
} as const;
