/** The settings of schedules, optimizers and early stopping, as fields. */
import type { TrainOptions } from '#shared/contract/index.ts';
import { courseText } from './course-text.ts';

export type Schedule = TrainOptions['schedule'];
export type Optimizer = NonNullable<TrainOptions['optimizer']>;
export type EarlyStop = NonNullable<TrainOptions['earlyStop']>;

export interface SpecField {
  key: string;
  term: string;
  explain: string;
  kind: 'number' | 'whole' | 'percent' | 'monitor' | 'flag';
  min?: number;
  max?: number;
  step?: number;
  /** May be left empty, and says what it is then. */
  empty?: string;
}

const label = courseText.fields;
const hint = courseText.hints;

const monitor: SpecField = {
  key: 'monitor',
  term: label.monitor,
  explain: hint.monitor,
  kind: 'monitor',
};
const patience: SpecField = {
  key: 'patience',
  term: label.patience,
  explain: hint.patience,
  kind: 'whole',
  min: 1,
  max: 100_000,
};
const minDelta: SpecField = {
  key: 'minDelta',
  term: label.minDelta,
  explain: hint.minDelta,
  kind: 'number',
  min: 0,
  max: 1e6,
  step: 0.0001,
};
const factor: SpecField = {
  key: 'factor',
  term: label.factor,
  explain: hint.factor,
  kind: 'number',
  min: 0.001,
  max: 0.999,
  step: 0.1,
};
const warmup: SpecField = {
  key: 'warmup',
  term: label.warmup,
  explain: hint.warmup,
  kind: 'percent',
  min: 0,
  max: 100,
};

export const scheduleFields: Record<Schedule['type'], readonly SpecField[]> = {
  constant: [],
  step: [
    { key: 'every', term: label.every, explain: hint.every, kind: 'whole', min: 1, max: 100_000 },
    factor,
  ],
  cosine: [warmup],
  'one-cycle': [
    warmup,
    { key: 'start', term: label.start, explain: hint.start, kind: 'number', min: 1, max: 1e6 },
    { key: 'end', term: label.end, explain: hint.end, kind: 'number', min: 1, max: 1e9 },
  ],
  plateau: [
    monitor,
    patience,
    factor,
    minDelta,
    {
      key: 'cooldown',
      term: label.cooldown,
      explain: hint.cooldown,
      kind: 'whole',
      min: 0,
      max: 100_000,
    },
    {
      key: 'minRate',
      term: label.minRate,
      explain: hint.minRate,
      kind: 'number',
      min: 0,
      max: 100,
      step: 0.0001,
    },
  ],
};

const share = (key: string, term: string, explain: string, empty: string): SpecField => ({
  key,
  term,
  explain,
  kind: 'number',
  min: 0,
  max: 0.999999,
  step: 0.01,
  empty,
});
const clipNorm: SpecField = {
  key: 'clipNorm',
  term: label.clipNorm,
  explain: hint.clipNorm,
  kind: 'number',
  min: 1e-6,
  max: 1e6,
  empty: label.off,
};
const betas = [
  share('beta1', label.beta1, hint.beta1, '0.9'),
  share('beta2', label.beta2, hint.beta2, '0.999'),
];

export const optimizerFields: Record<Optimizer['type'], readonly SpecField[]> = {
  sgd: [
    share('momentum', label.momentum, hint.momentum, '0'),
    clipNorm,
    { key: 'nesterov', term: label.nesterov, explain: hint.nesterov, kind: 'flag' },
  ],
  rmsprop: [share('rho', label.rho, hint.rho, '0.9'), clipNorm],
  adam: [...betas, clipNorm],
  adamw: [
    ...betas,
    {
      key: 'weightDecay',
      term: label.weightDecay,
      explain: hint.weightDecay,
      kind: 'number',
      min: 0,
      max: 1,
      step: 0.001,
      empty: '0.004',
    },
    clipNorm,
  ],
};

export const averagingFields: readonly SpecField[] = [
  {
    key: 'decay',
    term: label.decay,
    explain: hint.decay,
    kind: 'number',
    min: 0.5,
    max: 0.99999,
    step: 0.001,
  },
];

export const viewsFields: readonly SpecField[] = [
  { key: 'shift', term: label.shift, explain: hint.shift, kind: 'whole', min: 0, max: 16 },
  { key: 'flip', term: label.flip, explain: hint.flip, kind: 'flag' },
];

export const earlyStopFields: readonly SpecField[] = [
  monitor,
  { ...patience, min: 0 },
  minDelta,
  { key: 'restoreBest', term: label.restoreBest, explain: hint.restoreBest, kind: 'flag' },
];
