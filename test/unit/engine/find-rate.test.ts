import { describe, expect, it } from 'vitest';
import type { LayerSpec } from '#shared/model-spec.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import type { RatePoint } from '#core/engine/protocol.ts';
import { findRate, suggest } from '#core/engine/training/find-rate.ts';
import { bars, tinyJob, tinySpec } from './helpers.ts';

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

async function sweep(changes: Parameters<typeof tinyJob>[1] = {}, stopAfter = Infinity) {
  const points: RatePoint[] = [];
  const abort = new AbortController();
  const result = await findRate(tinyJob('/nowhere', changes), backend, {
    emit(point) {
      points.push(point);
      if (points.length === stopAfter) abort.abort();
    },
    signal: abort.signal,
  });
  return { points, ...result };
}

describe('the rate finder', () => {
  it('raises the rate until the loss explodes, and suggests one that trains', async () => {
    const layers: LayerSpec[] = [
      { type: 'flatten' },
      { type: 'dense', units: 16 },
      { type: 'dense', units: 16 },
      { type: 'dense', units: 'classes', activation: 'softmax' },
    ];
    const spec = { ...tinySpec, layers, optimizer: { type: 'sgd', momentum: 0.9 } as const };
    const { points, suggestion, exploded } = await sweep({ spec });
    expect(points[0]).toMatchObject({ step: 1, steps: 100, rate: 1e-7 });
    const ratios = points.slice(1).map(({ rate }, at) => rate / points[at]!.rate);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(1e8 ** (1 / 99), 9);
    expect(points[0]!.smoothed).toBeCloseTo(points[0]!.loss, 12);
    expect(exploded).toBe(true);
    expect(suggestion).toBeGreaterThan(1e-3);
    expect(suggestion).toBeLessThan(0.5);
  });

  it('repeats itself, goes round few images again, and can be cancelled', async () => {
    const train = bars(20, 1);
    const one = await sweep({ train });
    expect(one.points.length).toBeGreaterThan(30);
    expect(await sweep({ train })).toEqual(one);
    await expect(sweep({ train }, 3)).rejects.toMatchObject({ code: 'CANCELLED' });
    // A batch larger than there are images is all of them.
    expect((await sweep({ train: bars(5, 1) })).points.length).toBeGreaterThan(30);
  });

  it('suggests two thirds down the longest fall, and nothing where there is none', () => {
    const curve = (losses: number[]) =>
      suggest(losses.map((smoothed, at) => ({ rate: 10 ** (at - 10), smoothed })));
    expect(curve([2, 2, 2, 1.9, 1.5, 1, 0.7, 3, 9])).toBe(1e-6);
    expect(curve([2, 2, 2.01, 1.99, 3, 9])).toBeNull();
    expect(curve([])).toBeNull();
  });
});
