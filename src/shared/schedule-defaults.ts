/** What schedules and early stopping are unless told otherwise. Without zod, for the window. */
export const scheduleDefaults = {
  constant: { type: 'constant' },
  step: { type: 'step', every: 10, factor: 0.1 },
  cosine: { type: 'cosine', warmup: 0 },
  'one-cycle': { type: 'one-cycle', warmup: 0.3, start: 25, end: 1e4 },
  plateau: {
    type: 'plateau',
    monitor: 'val-loss',
    factor: 0.1,
    patience: 10,
    minDelta: 1e-4,
    cooldown: 0,
    minRate: 0,
  },
} as const;

export const earlyStopDefaults = {
  monitor: 'val-loss',
  patience: 10,
  minDelta: 0,
  restoreBest: false,
} as const;
