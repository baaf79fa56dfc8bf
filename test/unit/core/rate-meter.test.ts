import { describe, expect, it } from 'vitest';
import { RateMeter } from '../../../src/main/core/util/rate-meter.ts';

describe('RateMeter', () => {
  it('has no rate before 200 ms have passed', () => {
    let now = 0;
    const meter = new RateMeter(5000, () => now);
    meter.add(0);
    now = 100;
    meter.add(50);
    expect(meter.rate()).toBeNull();
    now = 200;
    meter.add(100);
    expect(meter.rate()).toBe(500);
  });

  it('forgets what lies before its window', () => {
    let now = 0;
    const meter = new RateMeter(1000, () => now);
    // A slow start of 10 units/s, then 1000 units/s for two seconds.
    meter.add(0);
    now = 10_000;
    meter.add(100);
    for (let i = 1; i <= 20; i++) {
      now = 10_000 + i * 100;
      meter.add(100 + i * 100);
    }
    expect(meter.rate()).toBeCloseTo(1000, 6);
  });
});
