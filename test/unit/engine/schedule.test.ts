import { describe, expect, it } from 'vitest';
import type { EpochMetrics } from '#shared/contract/index.ts';
import { earlyStopSpec, scheduleSpec, watchable, type ScheduleSpec } from '#shared/schedule.ts';
import { afterEpoch, outOfPatience, startCourse } from '#core/engine/training/course.ts';
import { rateAt } from '#core/engine/training/schedule.ts';

/** 6 significant digits, as the references are written. */
const six = (value: number): number => Number(value.toPrecision(6));

function rates(schedule: ScheduleSpec, base: number, epochs: number, stepsPerEpoch: number) {
  const steps = epochs * stepsPerEpoch;
  return Array.from({ length: steps }, (_, step) =>
    six(rateAt(schedule, base, { step, steps, epoch: Math.floor(step / stepsPerEpoch) + 1 }, base)),
  );
}

function epoch(number: number, loss: number, validated = true): EpochMetrics {
  return {
    epoch: number,
    loss,
    accuracy: 1 - loss,
    valLoss: validated ? loss : null,
    valAccuracy: validated ? 1 - loss : null,
    learningRate: 0,
    imagesPerSecond: 1,
    seconds: 1,
  };
}

/** The rate of each epoch, and where it ends, as the trainer drives them. */
function course(losses: number[], schedule: ScheduleSpec, earlyStop: unknown, validated = true) {
  const options = {
    learningRate: 0.01,
    schedule,
    earlyStop: earlyStopSpec.parse(earlyStop),
    validates: validated,
  };
  let state = startCourse(options);
  const used: number[] = [];
  for (const [at, loss] of losses.entries()) {
    used.push(six(state.plateau.rate));
    ({ state } = afterEpoch(options, state, epoch(at + 1, loss, validated)));
    if (outOfPatience(options, state)) return { used, stop: at + 1, best: state.best?.epoch };
  }
  return { used, stop: null, best: state.best?.epoch };
}

describe('rates', () => {
  it('stay, or fall after every n epochs', () => {
    expect(rates({ type: 'constant' }, 0.1, 2, 2)).toEqual([0.1, 0.1, 0.1, 0.1]);
    expect(rates({ type: 'step', every: 2, factor: 0.5 }, 0.1, 5, 1)).toEqual([
      0.1, 0.1, 0.05, 0.05, 0.025,
    ]);
  });

  it('follow a cosine after a straight warm-up', () => {
    const warm = rates({ type: 'cosine', warmup: 0.2 }, 1, 10, 1);
    expect(warm.slice(0, 3)).toEqual([0.5, 1, 1]);
    expect(warm[6]).toBe(0.5);
    expect(warm[9]).toBe(six((1 + Math.cos((Math.PI * 7) / 8)) / 2));
    expect(rates({ type: 'cosine', warmup: 0 }, 1, 2, 1)).toEqual([1, 0.5]);
    expect(rates({ type: 'cosine', warmup: 1 }, 1, 4, 1)).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it('follow one cycle as PyTorch’s OneCycleLR does', () => {
    // torch 2.13: OneCycleLR(max_lr=0.1, total_steps=20, pct_start=0.3, cycle_momentum=False)
    const schedule = scheduleSpec.parse({ type: 'one-cycle' });
    expect(rates(schedule, 0.1, 4, 5)).toEqual([
      0.004, 0.0131672, 0.0371672, 0.0668328, 0.0908328, 0.1, 0.0987464, 0.0950485, 0.0890916,
      0.0811746, 0.0716943, 0.0611262, 0.0500002, 0.0388742, 0.0283061, 0.0188258, 0.0109088,
      0.00495194, 0.001254, 4e-7,
    ]);
    // So short that there is no room to rise.
    expect(rates(schedule, 0.1, 1, 1)).toEqual([0.1]);
  });
});

describe('after each epoch', () => {
  // Run through Keras 3's ReduceLROnPlateau and EarlyStopping, with these answers.
  const losses = [
    1.061, 0.63, 0.59, 0.483, 0.434, 0.402, 0.317, 0.347, 0.307, 0.416, 0.308, 0.278, 0.269, 0.247,
    0.227, 0.238, 0.257, 0.229, 0.258, 0.218, 0.219, 0.26, 0.225, 0.189, 0.195, 0.212, 0.251, 0.181,
    0.178, 0.213,
  ];

  it('the rate falls on a plateau as Keras has it, with delta, cooldown and a lowest rate', () => {
    const schedule = scheduleSpec.parse({
      type: 'plateau',
      factor: 0.5,
      patience: 2,
      minDelta: 1e-2,
      cooldown: 1,
      minRate: 1e-3,
    });
    expect(course(losses, schedule, { patience: 6, minDelta: 0.005 })).toEqual({
      used: [
        ...Array<number>(9).fill(0.01),
        ...[0.005, 0.005],
        ...Array<number>(6).fill(0.0025),
        ...[0.00125, 0.00125],
        ...Array<number>(11).fill(0.001),
      ],
      stop: null,
      best: 28,
    });
  });

  it('training ends as Keras ends it', () => {
    const schedule = scheduleSpec.parse({ type: 'plateau', patience: 1, minDelta: 0 });
    expect(course(losses, schedule, { patience: 2 })).toEqual({
      used: [...Array<number>(8).fill(0.01), 0.001, 0.001, 0.0001],
      stop: 11,
      best: 9,
    });
    // No patience: the first epoch that is not better ends it.
    expect(course([3, 2, 2, 1], { type: 'constant' }, { patience: 0 })).toMatchObject({ stop: 3 });
    expect(course([3, 2, 2, 1], { type: 'constant' }, { patience: 1 })).toMatchObject({ stop: 3 });
  });

  it('higher accuracies are better, and without validation the training is watched', () => {
    const options = { monitor: 'val-accuracy', patience: 2 };
    const rising = [0.5, 0.4, 0.45, 0.41, 0.3];
    expect(course(rising, { type: 'constant' }, options)).toMatchObject({ stop: 4, best: 2 });
    expect(course(rising, { type: 'constant' }, options, false)).toMatchObject({ stop: 4 });
    expect(watchable('val-loss', false)).toBe('loss');
    expect(watchable('accuracy', true)).toBe('accuracy');
  });

  it('the best epoch is of what is watched', () => {
    const options = { learningRate: 1, schedule: { type: 'constant' } as const, validates: true };
    const first = { ...epoch(1, 0.5), valAccuracy: 0.7 };
    const second = { ...epoch(2, 0.6), valAccuracy: 0.8 };
    const bestOf = (earlyStop: { monitor: 'val-loss' } | null) => {
      const all = { ...options, earlyStop: earlyStop && earlyStopSpec.parse(earlyStop) };
      const { state } = afterEpoch(all, startCourse(all), first);
      return afterEpoch(all, state, second).state.best?.epoch;
    };
    expect(bestOf(null)).toBe(2);
    expect(bestOf({ monitor: 'val-loss' })).toBe(1);
  });

  it('an epoch between two validations decides nothing', () => {
    const options = {
      learningRate: 1,
      schedule: { type: 'constant' } as const,
      earlyStop: earlyStopSpec.parse({ monitor: 'val-loss', patience: 1 }),
      validates: true,
    };
    const { state } = afterEpoch(options, startCourse(options), epoch(1, 0.5));
    const between = afterEpoch(options, state, epoch(2, 0.1, false));
    expect(between).toEqual({ state, best: false });
    expect(outOfPatience(options, between.state)).toBe(false);
    expect(outOfPatience(options, afterEpoch(options, state, epoch(3, 0.6)).state)).toBe(true);
  });
});
