/** The course of a training in words: what the window and reports say of its settings. */
import type { AveragingSpec } from './averaging.ts';
import { count, setting } from './format.ts';
import type { OptimizerSpec } from './model-spec.ts';
import type { EarlyStopSpec, ScheduleSpec } from './schedule.ts';
import { viewsOf, type ViewsSpec } from './views.ts';

export const monitors: Record<EarlyStopSpec['monitor'], string> = {
  'val-loss': 'Validation loss',
  'val-accuracy': 'Validation accuracy',
  loss: 'Training loss',
  accuracy: 'Training accuracy',
};

export const optimizers: Record<OptimizerSpec['type'], string> = {
  adam: 'Adam',
  adamw: 'AdamW',
  sgd: 'SGD',
  rmsprop: 'RMSprop',
};

/** As the run's details name them. */
const settingNames: Record<string, string> = {
  momentum: 'momentum',
  nesterov: 'Nesterov',
  weightDecay: 'weight decay',
  clipNorm: 'gradients clipped at',
  beta1: 'beta 1',
  beta2: 'beta 2',
};

/** 0.000125 → '0.000125', 0.0003333333 → '0.000333'. */
export const rate = (value: number): string => setting(Number(value.toPrecision(3)));

/** 'cosine with warm-up' */
export function scheduleOf(schedule: ScheduleSpec): string {
  switch (schedule.type) {
    case 'constant':
      return 'constant';
    case 'step':
      return `× ${setting(schedule.factor)} every ${count(schedule.every, 'epoch')}`;
    case 'cosine':
      return schedule.warmup > 0 ? 'cosine with warm-up' : 'cosine';
    case 'one-cycle':
      return 'one cycle';
    case 'plateau':
      return `× ${setting(schedule.factor)} after ${count(schedule.patience, 'epoch')} without a better ${monitors[schedule.monitor].toLowerCase()}`;
  }
}

export function earlyStopOf(early: EarlyStopSpec | null): string {
  return early
    ? `after ${count(early.patience, 'epoch')} without a better ${monitors[early.monitor].toLowerCase()}${early.restoreBest ? ', best weights restored' : ''}`
    : 'off';
}

/** 'also mirrored and moved by 1 pixel, averaged': how a model looks at an image. */
export function looksOf(views: ViewsSpec | null): string {
  const ways = [
    ...(views?.flip ? ['mirrored'] : []),
    ...(views && views.shift > 0 ? [`moved by ${count(views.shift, 'pixel')}`] : []),
  ];
  return ways.length > 0 ? `also ${ways.join(' and ')}, averaged` : 'once, as it is';
}

/** Why an evaluation's figure is not quite the one that training showed; null where it looks once. */
export function looksDiffer(views: ViewsSpec | null): string | null {
  const ways = viewsOf(views).length;
  if (ways === 1) return null;
  return `While training, each validation image is looked at once; Evaluate, Predict and exports look in ${ways} ways and average. Their figures differ a little.`;
}

export function averagingOf(averaging: AveragingSpec | null): string {
  return averaging ? `averaged, ${setting(averaging.decay)} kept from step to step` : 'the newest';
}

/** 'SGD, momentum 0.9' */
export function optimizerOf(optimizer: OptimizerSpec): string {
  const { type, ...settings } = optimizer;
  const all: Record<string, number | boolean | undefined> = settings;
  const words = Object.entries(all).flatMap(([key, value]) => {
    if (value === undefined || value === false) return [];
    const name = settingNames[key] ?? key;
    return [value === true ? name : `${name} ${setting(value)}`];
  });
  return [optimizers[type], ...words].join(', ');
}
