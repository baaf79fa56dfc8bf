/** Every text of the train screen. */
import type { RunStatus, TrainOptions, TrainPlan, ValidateOn } from '#shared/contract/index.ts';
import { recipeById } from '#shared/recipes/index.ts';
import {
  count,
  duration,
  integer,
  list,
  remaining,
  roughDuration,
  wholePercent,
} from '../../ui/format.ts';

const splitNames = { train: 'training', validation: 'validation', test: 'test' } as const;

export const text = {
  title: 'Train',
  newRun: 'New run',
  runs: 'Runs',
  resizeRuns: 'Resize the list of runs',
  statusRuns: (runs: number) => (runs === 0 ? 'No runs yet' : count(runs, 'run')),
  statusTraining: (name: string) => `${name} is training`,
  commands: { stop: 'Stop training after this epoch' },
  queued: (name: string) => `Starts when ${name} has ended`,
  imagesAnd: (images: number, at: string) => `${count(images, 'image')} · ${at}`,
  importedAt: (at: string) => `imported · ${at}`,
  imported:
    'Trained elsewhere: there is nothing to tell of its training. Evaluate it to see how well it does on this project’s images, or begin a new run with its weights.',
  olderLabels: (changed: string) => `trained on older labels · ${changed} changed`,
  engineAuto: (label: string) => (label ? `Auto (${label})` : 'Auto'),
  noRuns: 'No runs yet. The first one takes about a minute.',
  compareHint: 'Tick runs to compare them',
  comparing: (runs: number) => `Comparing ${runs} runs`,
  clearCompare: 'Clear',
  start: 'Start training',
  starting: 'Starting…',

  /** 'fashion-cnn, 167,114 parameters, 400 training and 100 validation images, about 40 s on this CPU' */
  planSentence: (plan: TrainPlan, { model, epochs }: TrainOptions): string => {
    const validation =
      plan.validationImages > 0 ? ` and ${integer(plan.validationImages)} validation` : '';
    const images =
      plan.validationImages > 0
        ? `${integer(plan.trainImages)} training${validation} images`
        : count(plan.trainImages, 'training image');
    const parts = [
      text.modelName(model, plan.model.summary.name),
      count(plan.model.summary.parameters, 'parameter'),
      `${images} in ${count(plan.classes.length, 'class')}`,
      ...(plan.unlabeledImages > 0
        ? [`${count(plan.unlabeledImages, 'image')} without a label`]
        : []),
      count(epochs, 'epoch'),
    ];
    if (plan.estimateSeconds !== null) {
      parts.push(`about ${roughDuration(plan.estimateSeconds)} on ${text.engine(plan.engine)}`);
    }
    return parts.join(', ');
  },
  /** Recipes have names for people. */
  modelName: (model: TrainOptions['model'], own: string): string =>
    model.kind === 'recipe' ? recipeById(model.recipe).name : own,
  planning: 'Checking the data…',
  timing: 'Timing a few steps, to say how long it takes…',
  goodToKnow: 'Good to know',
  /** 'CPU · 2 threads' → 'this CPU'. */
  engine: (label: string): string => (label.startsWith('CPU') ? 'this CPU' : label),

  form: {
    model: 'Model',
    settings: 'Settings',
    advanced: 'Advanced',
    name: 'Name',
    namePlaceholder: 'Named by itself if left empty',
    all: 'all',
    fraction: 'Share held out',
    epochs: 'epochs',
    ofPreset: (value: string) => `${value} with this preset`,
    reset: 'Back to the preset’s settings',
    presetInput: (height: number, width: number, channels: number) =>
      `${height}×${width} ${channels === 1 ? 'grey' : 'colour'}`,
    notWhole: 'A whole number, 1 or more',
    notPositive: 'A number above 0',
    notSeed: 'A whole number, 0 or more',
    notShare: 'Between 1 and 99 %',
  },
  models: {
    own: 'This project',
    recipes: 'Recipes: model and settings chosen for your data',
    atHand: 'Not saved',
    notKept: 'Runs keep their own copy. Edit it to save it in the project.',
    from: (name: string | null) => (name === null ? 'Made in this project' : `Made from ${name}`),
    changed: (name: string) => `My ${name}`,
    edit: 'Edit layers',
    create: 'New model',
    newName: 'New model',
    import: 'Import from JSON…',
    duplicate: 'Duplicate',
    remove: 'Delete model…',
    removeTitle: (name: string) => `Delete ${name}?`,
    removeBody: 'Runs that were trained with it keep their own copy.',
    removeConfirm: 'Delete model',
    more: 'More about models',
  },
  hints: {
    epochs: 'One epoch shows the model every training image once.',
    batch: 'Images per step. Larger is faster and smoother, smaller often generalises better.',
    learningRate: 'How far each step goes. Too large and the loss jumps, too small and it crawls.',
    seed: 'The same seed, data and settings give the same run again.',
    trainLimit: 'Use only the first N labeled training images, in the order of import.',
    augment:
      'How training images are varied, drawn afresh each epoch. The Augment screen shows it.',
    validateOn:
      'Images that training never sees. Accuracy on them tells what to expect on new pictures.',
    validateEvery:
      'Epochs from one look at the validation images to the next; the last epoch is always looked at.',
    engine: 'What does the arithmetic. Auto takes the fastest that works on this machine.',
    film: 'Keeps the first filters and some feature maps after each epoch, to be watched in Inspect. Takes up to 3 % of the time and 50 MB.',
    startFrom:
      'Weights that an earlier or imported run has learned. It learns faster, and from fewer images, where the two are alike.',
    parameters: 'Numbers that training adjusts.',
    macs: 'Products and sums that one image takes: how much there is to compute.',
    trainable: 'Parameters that training changes; the rest are frozen, or moving averages.',
    movingAverages:
      'Kept by batch normalisation. PyTorch, where this architecture comes from, does not count them.',
    outputShape: 'Height × width × channels that the layer hands on, for one image.',
    staleLabels: 'Labels of its training images that changed after this run had started.',
    interval:
      'With this many validation images, the true accuracy on new images lies in this range 19 times out of 20.',
  },
  validate: {
    validation: 'Validation',
    test: 'Test',
    fraction: 'Part of training',
    none: 'Nothing',
  },
  validatedOn: (on: ValidateOn): string => {
    if (on.kind === 'none') return 'nothing';
    if (on.kind === 'fraction') return `${wholePercent(on.fraction)} of training`;
    return `${splitNames[on.split]} split`;
  },
  remedies: {
    editModel: 'Edit layers',
    label: 'Label images',
    split: 'Split the images',
    import: 'Import images',
    holdOut: 'Hold out 20 % of training',
    useTest: 'Validate on the test split',
  },

  summary: {
    title: 'Layers',
    layer: 'Layer',
    type: 'Type',
    output: 'Output',
    parameters: 'Parameters',
    input: 'input',
    total: 'Total',
    trainable: 'Trainable',
    movingAverages: 'Moving averages, not counted',
    allTrainable: 'all trainable',
  },

  status: {
    preparing: 'Preparing',
    running: 'Training',
    stopping: 'Finishing the epoch',
    done: 'Done',
    stopped: 'Stopped',
    paused: 'Paused',
    cancelled: 'Cancelled',
    interrupted: 'Interrupted',
    failed: 'Failed',
  } satisfies Record<RunStatus, string>,
  /** What an unfinished run left behind, in a sentence; null for the others. */
  ended: (status: RunStatus, epochs: number, planned: number, kept: boolean): string | null => {
    const reached =
      epochs === 0
        ? 'before the first epoch was complete'
        : `after ${integer(epochs)} of ${count(planned, 'epoch')}`;
    const left = kept
      ? ' The model of every finished epoch’s best and last is kept and can be used.'
      : ' Nothing was kept.';
    switch (status) {
      case 'interrupted':
        return `Fovea or its engine ended ${reached}.${left}`;
      case 'failed':
        return `Training failed ${reached}.${left}`;
      case 'cancelled':
        return `Cancelled ${reached}.${left}`;
      case 'stopped':
        return `Stopped ${reached}.`;
      default:
        return null;
    }
  },

  live: {
    valAccuracy: 'Accuracy on new images',
    trainAccuracy: 'On training images',
    epoch: 'Epoch',
    epochOf: (epoch: number, epochs: number) => `${integer(epoch)} of ${integer(epochs)}`,
    rate: 'Images a second',
    dataKeepsUp: 'Images are ready before the model needs them.',
    dataWaits:
      'The model waits for images from the disk. Give training images more memory in the settings, or move the project to a faster disk.',
    left: 'Time left, about',
    took: 'Time',
    waiting: 'Preparing the images…',
    compiling: 'The first numbers come in a moment.',
    best: (epoch: number) => `best: epoch ${integer(epoch)}`,
    stop: 'Stop',
    stopHint: 'Finish this epoch, keep everything',
    cancel: 'Cancel',
    cancelHint: 'Stop at once; finished epochs are kept',
    lost: 'The connection to the run was lost; trying again…',
    progress: (epoch: number, epochs: number, eta: number | null) =>
      `Epoch ${text.live.epochOf(epoch, epochs)}, ${remaining(eta)}`,
  },
  charts: {
    loss: 'Loss',
    accuracy: 'Accuracy',
    training: 'training',
    validation: 'validation',
    batch: 'each batch',
    epoch: 'epoch',
    lossHint: 'How wrong the model is, on average; lower is better.',
    accuracyHint: 'Share of images whose most probable class is the true one.',
    empty: 'The curves start with the first epoch.',
    smoothing: 'Smoothing',
    smoothingOf: (weight: number) =>
      weight === 0 ? 'Not smoothed' : `Smoothed ${wholePercent(weight)}`,
    logLoss: 'Loss in powers of ten',
    zoomIn: 'Fewer epochs',
    zoomOut: 'More epochs',
    wholeRun: 'All epochs',
    zoomHint: 'Drag over epochs to see them alone; double-click for all',
    save: 'Save charts',
    formats: { png: 'As pictures (PNG)', svg: 'As drawings (SVG)', csv: 'As a table (CSV)' },
  },
  settings: {
    model: 'Model',
    parameters: 'Parameters',
    epochs: 'Epochs',
    batch: 'Batch',
    learningRate: 'Learning rate',
    seed: 'Seed',
    trainImages: 'Training images',
    trainLimit: 'Image limit',
    augment: 'Augmentation',
    validateOn: 'Validate on',
    validateEvery: 'Validate every',
    validationImages: 'Validation images',
    classes: 'Classes',
    film: 'Film the training',
    startFrom: 'Begin with',
    engine: 'Engine',
    labels: 'Labels',
    optimizer: 'Optimizer',
    created: 'Started',
    finished: 'Ended',
    id: 'Run folder',
  },
  freshWeights: 'Fresh, random weights',
  weightsOf: (name: string, id: string) => `The weights of ${name} (${id})`,
  ofRecipe: (name: string) => `As “${name}” has it`,
  noAugmentation: 'None: the images as they are',
  outcomes: {
    valAccuracy: 'Best accuracy on new images',
    accuracy: 'Training accuracy then',
    bestEpoch: 'Best epoch',
    seconds: 'Time',
    imagesPerSecond: 'Images per second',
  },
  labelVersion: (stale: number): string =>
    stale === 0 ? 'current labels' : `older labels · ${integer(stale)} changed`,
  trainedOnOlder: (stale: number) =>
    `Trained on older labels: ${count(stale, 'label')} of its images changed since.`,
  trainAgain: 'Train again with today’s labels',

  run: {
    select: (name: string) => `Compare ${name}`,
    rename: 'Rename',
    remove: 'Delete run…',
    removeTitle: (name: string) => `Delete ${name}?`,
    removeBody: 'Its curves, checkpoints and evaluations go. Exported files stay where they are.',
    removeConfirm: 'Delete run',
    keep: 'Keep',
    more: 'More actions',
    resume: 'Continue',
    resumeHint: 'Go on after the last finished epoch, as if it had never stopped',
    again: 'Use these settings',
    goOn: 'Begin a new run with its weights',
    evaluate: 'Evaluate',
    predict: 'Predict',
    export: 'Export',
    notes: 'Notes',
    notesPlaceholder: 'What did you try, and why?',
    details: 'Details',
    toKnow: 'Good to know',
    layers: 'Layers',
    allClasses: (names: readonly string[]) => `${integer(names.length)}: ${list(names, 6)}`,
    took: (seconds: number) => duration(seconds),
  },
  compare: {
    file: 'runs',
    differs: 'What differs',
    came: 'What came out',
    same: 'The settings are all the same.',
    best: 'best',
    loss: 'Loss on validation images',
    accuracy: 'Accuracy on validation images',
  },
  picker: {
    run: 'Run',
    epoch: 'Epoch of the model',
    network: (classes: number | null) =>
      classes === null
        ? 'pretrained network'
        : `pretrained network · ${integer(classes)} classes of its own`,
    checkpoint: (which: 'best' | 'last', epoch: number | null): string => {
      const word = which === 'best' ? 'Best' : 'Last';
      return epoch === null ? word : `${word} · epoch ${integer(epoch)}`;
    },
  },
  empty: {
    noImages: 'Nothing to learn from yet',
    noImagesBody: 'Import pictures and give them classes; then a model can learn them.',
    noClasses: 'Label at least two classes first',
    noClassesBody: 'A model learns to tell classes apart, so it needs pictures of at least two.',
    failed: 'The runs could not be read',
  },
} as const;
