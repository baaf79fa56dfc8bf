/** How fast this machine trains: a real training of a preset on made-up images, cut short. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchInput, BenchResult } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { findPreset } from '#shared/presets/index.ts';
import type { CoreContext } from '../context.ts';
import type { TrainEvent, TrainJob } from '../engine/protocol.ts';
import { Random } from '../engine/random.ts';

/** Images of an epoch; enough that none ends while it is measured. */
const IMAGES = 65_536;
/** Measured time after the first step, at least. */
const MEASURED_MS = 3000;

/** @throws AppError NOT_FOUND for an unknown preset, ENGINE_FAILED for an engine that cannot train */
export async function bench(
  { engine }: Pick<CoreContext, 'engine'>,
  { preset: id, engine: name, batch }: BenchInput,
): Promise<BenchResult> {
  const preset = findPreset(id);
  if (!preset) throw new AppError('NOT_FOUND', `There is no preset '${id}'.`, { subject: id });
  const { backends } = await engine.info();
  const backend = backends.find((one) => one.id === name);
  if (!backend?.available) {
    throw new AppError('ENGINE_FAILED', `${name} cannot be used: ${backend?.reason ?? 'unknown'}`);
  }
  const size = batch ?? preset.info.defaults.batch;
  const runDir = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const enough = new AbortController();
  const meter = new StepMeter(size, () => enough.abort());
  const job: TrainJob = {
    runDir,
    spec: preset.spec,
    classNames: Array.from({ length: preset.classes }, (_, index) => `class ${index}`),
    train: noise(preset.spec.input, size, preset.classes),
    validation: null,
    epochs: 1,
    batch: size,
    learningRate: 1e-4,
    schedule: { type: 'constant' },
    earlyStop: null,
    seed: 1,
    backend: backend.id,
  };
  try {
    await engine
      .train(job, (event) => meter.add(event), enough.signal)
      .result.catch((error: unknown) => {
        if (!enough.signal.aborted) throw error;
      });
    return { preset: id, engine: backend.id, label: backend.label, batch: size, ...meter.result() };
  } finally {
    await rm(runDir, { recursive: true, force: true });
  }
}

/** Two batches of noise, over and over. */
function noise(
  { height, width, channels }: { height: number; width: number; channels: number },
  batch: number,
  classes: number,
): TrainJob['train'] {
  const random = new Random('bench');
  const rows = 2 * batch;
  const data = Uint8Array.from({ length: rows * height * width * channels }, () => random.uint32());
  return {
    height,
    width,
    channels,
    source: { kind: 'inline', data },
    slots: Uint32Array.from({ length: IMAGES }, (_, index) => index % rows),
    labels: Int32Array.from({ length: IMAGES }, (_, index) => index % classes),
  };
}

/** Counts steps between the points that a training tells of; the first one is for warming up. */
class StepMeter {
  readonly #batch: number;
  readonly #enough: () => void;
  readonly #started = performance.now();
  #first: { step: number; at: number } | undefined;
  #last: { step: number; at: number } | undefined;

  constructor(batch: number, enough: () => void) {
    this.#batch = batch;
    this.#enough = enough;
  }

  add(event: TrainEvent): void {
    if (event.type !== 'batch') return;
    const point = { step: event.step, at: performance.now() };
    this.#first ??= point;
    this.#last = point;
    if (point.at - this.#first.at >= MEASURED_MS) this.#enough();
  }

  result(): { imagesPerSecond: number; firstStepSeconds: number } {
    const first = this.#first;
    const last = this.#last;
    if (!first || !last || last.at === first.at) {
      throw new AppError('ENGINE_FAILED', 'The training ended before it could be measured.');
    }
    const steps = last.step - first.step;
    return {
      imagesPerSecond: (steps * this.#batch * 1000) / (last.at - first.at),
      firstStepSeconds: (first.at - this.#started) / 1000,
    };
  }
}
