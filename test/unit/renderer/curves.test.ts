import { describe, expect, it } from 'vitest';
import { earlyStopDefaults, scheduleDefaults } from '#shared/schedule-defaults.ts';
import { earlyStopSpec, scheduleSpec } from '#shared/schedule.ts';
import type { EpochMetrics, Run } from '#shared/contract/index.ts';
import { reductions, runMarks } from '../../../src/renderer/features/train/curves.ts';
import { courseText } from '../../../src/renderer/features/train/course-text.ts';

function run(
  rates: number[],
  type: 'plateau' | 'cosine',
  ending: Run['ending'] = null,
): Pick<Run, 'epochs' | 'options' | 'bestEpoch' | 'ending'> {
  const epochs = rates.map((learningRate, at): EpochMetrics => ({
    ...{ epoch: at + 1, loss: 1, accuracy: 0.5, valLoss: 1, valAccuracy: 0.5 },
    ...{ learningRate, imagesPerSecond: 1, dataWait: 0, seconds: 1 },
  }));
  const schedule =
    type === 'cosine'
      ? ({ type, warmup: 0 } as const)
      : ({
          ...{ type, monitor: 'val-loss', factor: 0.5, patience: 2 },
          ...{ minDelta: 0, cooldown: 0, minRate: 0 },
        } as const);
  const options = { schedule, earlyStop: null, epochs: 9 } as unknown as Run['options'];
  return { epochs, options, bestEpoch: 2, ending };
}

describe('the marks of a run', () => {
  const rates = [0.1, 0.1, 0.05, 0.05, 0.025];

  it('are its best epoch, each fall of the rate, and where it stopped', () => {
    const ending = { type: 'early-stop', epoch: 5, best: 2, restored: true } as const;
    expect(runMarks(run(rates, 'plateau', ending))).toEqual([
      { x: 2, label: 'best, restored · 2' },
      { x: 5, label: 'stopped early' },
      { x: 2, label: 'rate 0.05' },
      { x: 4, label: 'rate 0.025' },
    ]);
    expect(runMarks(run([0.1], 'plateau'))).toEqual([]);
  });

  it('leave out a rate that changes with every step', () => {
    expect(reductions(run(rates, 'cosine'))).toEqual([]);
    expect(runMarks(run(rates, 'cosine'))).toEqual([{ x: 2, label: 'best · 2' }]);
  });
});

describe('the words of a course', () => {
  it('say what was set', () => {
    expect(courseText.optimizerOf({ type: 'sgd', momentum: 0.9, nesterov: true })).toBe(
      'SGD, momentum 0.9, Nesterov',
    );
    expect(courseText.optimizerOf({ type: 'adam', clipNorm: 1 })).toBe(
      'Adam, gradients clipped at 1',
    );
    expect(courseText.scheduleOf(run([], 'plateau').options.schedule)).toBe(
      '× 0.5 after 2 epochs without a better validation loss',
    );
  });

  it('say how a run ended', () => {
    const of = run([], 'plateau');
    expect(courseText.ending({ type: 'paused', epoch: 3, step: 1 }, of)).toBe(
      'Paused in epoch 3 of 9 after 1 step. Everything is saved, also when Fovea ends.',
    );
    expect(courseText.ending({ type: 'early-stop', epoch: 5, best: 2, restored: false }, of)).toBe(
      'Stopped early after epoch 5 of 9. The best was epoch 2.',
    );
  });
});

it('the form begins with what schedules and early stopping are by themselves', () => {
  for (const [type, defaults] of Object.entries(scheduleDefaults)) {
    expect(scheduleSpec.parse({ type })).toEqual(defaults);
  }
  expect(earlyStopSpec.parse({})).toEqual(earlyStopDefaults);
});
