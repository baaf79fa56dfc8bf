import { describe, expect, it } from 'vitest';
import { RunChannel } from '#core/runs/channel.ts';
import type { RunEvent } from '#shared/contract/index.ts';

const point = (step: number): RunEvent => ({
  type: 'batch',
  epoch: 1,
  step,
  stepsPerEpoch: 10_000,
  at: step / 10_000,
  loss: 1 / step,
  accuracy: 0.5,
  imagesPerSecond: 100,
  dataWait: 0,
  etaSeconds: null,
});

describe('RunChannel', () => {
  it('gives a watcher everything from the moment it listens until it closes', async () => {
    const channel = new RunChannel();
    channel.publish(point(1));
    const events = channel.listen();
    channel.publish(point(2));
    channel.publish(point(3));
    channel.close();
    const steps: number[] = [];
    for await (const event of events) if (event.type === 'batch') steps.push(event.step);
    expect(steps).toEqual([2, 3]);
  });

  it('keeps a bounded line that spans the whole run', () => {
    const channel = new RunChannel();
    for (let step = 1; step <= 5000; step++) channel.publish(point(step));
    const steps = channel.points().map(({ step }) => step);
    expect(steps.length).toBeGreaterThan(400);
    expect(steps.length).toBeLessThanOrEqual(1000);
    expect(steps[0]).toBe(1);
    expect(steps.at(-1)).toBe(5000);
    expect(steps).toEqual(steps.toSorted((one, other) => one - other));
  });

  it('ends a watcher that is told to stop', async () => {
    const abort = new AbortController();
    const events = new RunChannel().listen(abort.signal);
    const end = events.next();
    abort.abort();
    expect(await end).toEqual({ value: undefined, done: true });
  });
});
