import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Throughput } from '#core/runs/throughput.ts';
import { findPreset } from '#shared/presets/index.ts';

const { spec } = findPreset('lenet')!;
const work = { spec, batch: 32, backend: 'cpu' };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fovea-throughput-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('Throughput', () => {
  it('estimates from what was measured, and nothing without', () => {
    const throughput = new Throughput(directory);
    const images = { train: 1000, validation: 500 };
    expect(throughput.estimate(work, 10, images)).toBeNull();
    // An epoch: 10 s of training, 1 s of validation.
    throughput.record(work, [{ imagesPerSecond: 100, seconds: 11 }], images);
    const again = new Throughput(directory);
    expect(again.estimate(work, 3, images)).toBeCloseTo(33, 6);
    expect(again.estimate(work, 1, { train: 2000, validation: 0 })).toBeCloseTo(20, 6);
    expect(again.estimate({ ...work, batch: 64 }, 3, images)).toBeNull();
  });

  it('takes the speed of timed steps until there was a training', () => {
    const throughput = new Throughput(directory);
    const images = { train: 1000, validation: 300 };
    // 5 s of training at 200 images a second, 0.5 s of validation at three times that.
    expect(throughput.estimate(work, 2, images, 200)).toBeCloseTo(11, 6);
    throughput.record(work, [{ imagesPerSecond: 100, seconds: 10.5 }], images);
    expect(throughput.estimate(work, 2, images, 200)).toBeCloseTo(21, 6);
  });

  it('starts anew from a damaged file', () => {
    writeFileSync(join(directory, 'throughput.json'), '{"a": 1');
    const throughput = new Throughput(directory);
    const images = { train: 1000, validation: 0 };
    expect(throughput.estimate(work, 1, images)).toBeNull();
    throughput.record(work, [{ imagesPerSecond: 500, seconds: 2 }], images);
    expect(throughput.estimate(work, 1, images)).toBeCloseTo(2, 6);
  });
});
