/** Texts about the course of a training: rates, optimizers, early stopping, pauses. */
import type { Run, RunEnding, TrainOptions } from '#shared/contract/index.ts';
import { count, integer, percent, setting } from '../../ui/format.ts';
import {
  averagingOf,
  earlyStopOf,
  looksOf,
  monitors,
  optimizerOf,
  optimizers,
  rate,
  scheduleOf,
} from '#shared/run-words.ts';
import type { EarlyStop, Optimizer, Schedule } from './fields.ts';

const schedules: Record<Schedule['type'], string> = {
  constant: 'Constant',
  step: 'Steps',
  cosine: 'Cosine',
  'one-cycle': 'One cycle',
  plateau: 'On plateaus',
};

export const courseText = {
  monitors,
  schedules,
  optimizers,
  rate,
  schedule: 'Schedule',
  optimizer: 'Optimizer',
  earlyStop: 'Early stopping',
  own: 'The model’s own',
  stopEarly: 'Stop when it no longer gets better',
  scheduleHint: 'How the learning rate changes while training goes on.',
  optimizerHint: 'The rule by which each step changes the weights.',
  scheduleDetails: {
    constant: 'The same rate to the end',
    step: 'Falls after every few epochs',
    cosine: 'Warms up, then falls along a cosine',
    'one-cycle': 'Rises to the rate, then falls far below it',
    plateau: 'Falls when the loss stands still',
  } satisfies Record<Schedule['type'], string>,
  /** 'Adam · on plateaus · stops early · seed 1' */
  summary: (optimizer: Optimizer | null, early: EarlyStop | null, seed: number): string =>
    [
      ...(optimizer ? [optimizers[optimizer.type]] : []),
      ...(early ? ['stops early'] : []),
      `seed ${seed}`,
    ].join(', '),
  fields: {
    monitor: 'Watch',
    patience: 'Patience, epochs',
    minDelta: 'At least better by',
    factor: 'Times',
    every: 'Every, epochs',
    warmup: 'Warm-up',
    start: 'Starts at peak ÷',
    end: 'Ends at start ÷',
    cooldown: 'Cooldown, epochs',
    minRate: 'Lowest rate',
    momentum: 'Momentum',
    nesterov: 'Nesterov momentum',
    rho: 'Memory (rho)',
    beta1: 'Memory (beta 1)',
    beta2: 'Memory of squares (beta 2)',
    weightDecay: 'Weight decay',
    clipNorm: 'Clip gradients at',
    restoreBest: 'Restore the best weights in the end',
    decay: 'Share kept',
    flip: 'Also mirrored left to right',
    shift: 'Also moved, pixels',
    off: 'off',
  },
  hints: {
    monitor: 'The number that each epoch is judged by.',
    patience: 'Epochs without a better value before something happens.',
    minDelta: 'Smaller improvements do not count.',
    factor: 'The rate is multiplied by this.',
    every: 'Epochs between two reductions.',
    warmup: 'Share of all steps in which the rate rises to its peak.',
    start: 'The first rate is the peak divided by this.',
    end: 'The last rate is the first one divided by this.',
    cooldown: 'Epochs after a reduction that do not count.',
    minRate: 'The rate never falls below this.',
    momentum: 'How much of the last step goes into the next one.',
    nesterov: 'Looks one step ahead with the momentum.',
    rho: 'How slowly the running mean of squared gradients forgets.',
    beta1: 'How slowly the running mean of gradients forgets.',
    beta2: 'How slowly the running mean of squared gradients forgets.',
    weightDecay: 'Each step takes this share, times the rate, off every weight.',
    clipNorm: 'Longer gradients are shortened to this length, against explosions.',
    decay:
      'Share of the average that stays with each step: 0.999 remembers about a thousand steps.',
    flip: 'Where left and right mean the same.',
    shift: 'To each of the four sides by so many pixels of the model’s input; 0: not moved.',
    restoreBest:
      'The last checkpoint holds the weights of the best epoch too, not of the last one.',
  },
  finder: {
    open: 'Find a rate…',
    title: 'Find a learning rate',
    body: 'About a hundred steps from fresh weights, each with a higher rate than the one before. Nothing of it is kept.',
    chart: 'Loss by rate',
    rate: 'rate',
    each: 'each step',
    smoothed: 'loss',
    waiting: 'Preparing the images…',
    step: (step: number, steps: number) => `Step ${integer(step)} of ${integer(steps)}`,
    empty: 'The curve starts with the first step.',
    good: (value: number) =>
      `${setting(value)} is a good rate to start with: the loss falls steadily there.`,
    none: 'No rate made the loss fall. Check the labels, or take larger batches.',
    exploded: (value: number) => `From about ${rate(value)} on it explodes.`,
    use: (value: number) => `Use ${setting(value)}`,
    again: 'Try again',
    cancel: 'Cancel',
    close: 'Close',
  },
  answers: 'Answers',
  recipe: 'Recipe',
  weights: 'Weights kept',
  looks: 'Looks at an image',
  averaging: 'Average the weights over the steps',
  averagingHint:
    'The average of the newest weights is steadier than the last ones, and is what is kept.',
  views: 'Look at each image in several ways',
  viewsHint:
    'The trained model averages its answers: a little more often right, in as many times the time.',
  looksOf,
  averagingOf,
  unlabeled: 'Without a label',
  unlabeledOf: (unlabeled: NonNullable<TrainOptions['unlabeled']>, images: number): string =>
    `${count(images, 'image')}, asked about every ${count(unlabeled.round, 'epoch')} from epoch ${integer(unlabeled.warmup + 1)} on`,
  /** 'Round 3: sure of 62 % of the images without a label' */
  sure: (round: number, share: number, first: number): string =>
    `Round ${integer(round)}: sure of ${percent(share)} of the images without a label${round > 1 ? `, ${percent(first)} in round 1` : ''}`,
  beforeRounds: (warmup: number): string =>
    `Learns from the labels alone until epoch ${integer(warmup)}`,
  sureHint:
    'The model’s own answers of 90 % or more for one class. It learns from these and, less strongly, from the unsure ones.',
  sureChart: 'Share of images without a label that it is sure of, by epoch',
  scheduleOf,
  earlyStopOf,
  optimizerOf,
  /** 'Learning rate 0.0001 → 0.003 → 1e-8': the first, the highest, the last. */
  rateLine: (rates: readonly number[]): string => {
    const [first, highest, last] = [rates[0]!, Math.max(...rates), rates.at(-1)!];
    const steps = highest > Math.max(first, last) ? [first, highest, last] : [first, last];
    return `Learning rate ${steps.map(rate).join(' → ')}`;
  },
  happened: 'What happened',
  reduced: (epoch: number, value: number) =>
    `After epoch ${integer(epoch)} the learning rate fell to ${rate(value)}.`,
  /** A paused or early stopped run in a sentence. */
  ending: (ending: RunEnding, run: Pick<Run, 'options'>): string => {
    if (ending.type === 'paused') {
      const steps = ending.step > 0 ? ` after ${count(ending.step, 'step')}` : '';
      return `Paused in epoch ${integer(ending.epoch)} of ${integer(run.options.epochs)}${steps}. Everything is saved, also when Fovea ends.`;
    }
    const early = run.options.earlyStop;
    const why = early
      ? `: ${count(early.patience, 'epoch')} without a better ${monitors[early.monitor].toLowerCase()}`
      : '';
    const weights = ending.restored
      ? ` The weights of epoch ${integer(ending.best)}, the best one, are restored.`
      : ` The best was epoch ${integer(ending.best)}.`;
    return `Stopped early after epoch ${integer(ending.epoch)} of ${integer(run.options.epochs)}${why}.${weights}`;
  },
  pause: 'Pause',
  pauseHint: 'Save everything now and stop; Continue goes on from the same step',
  resumeHint: 'Go on from the same step, as if it had never paused',
};
