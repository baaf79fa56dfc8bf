/** How fast this machine trained each model before, to say how long the next training takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { ModelSpec } from '#shared/model-spec.ts';
import { workKey } from '../engine/work-key.ts';
import { writeFileAtomic } from '../util/files.ts';

const entry = z.object({
  /** Training images per second. */
  train: z.number().positive(),
  /** Validation images per second, once known. */
  validation: z.number().positive().nullable(),
  at: z.number(),
});
const content = z.record(z.string(), entry);

interface Work {
  spec: ModelSpec;
  batch: number;
  backend: string;
}

const MAX_ENTRIES = 200;
/** A forward pass is about a third of a training step. */
const VALIDATION_SPEEDUP = 3;

/** A JSON file in the data folder; it may be lost at any time. */
export class Throughput {
  readonly #file: string;

  constructor(dataDir: string) {
    this.#file = join(dataDir, 'throughput.json');
  }

  record(
    work: Work,
    epochs: readonly { imagesPerSecond: number; seconds: number }[],
    images: { train: number; validation: number },
  ): void {
    const train = median(epochs.map((epoch) => epoch.imagesPerSecond));
    if (train === null || !Number.isFinite(train) || train <= 0) return;
    const validationSeconds = median(
      epochs.map((epoch) => epoch.seconds - images.train / epoch.imagesPerSecond),
    );
    const validation =
      images.validation > 0 && validationSeconds !== null && validationSeconds > 0
        ? images.validation / validationSeconds
        : null;
    const all = { ...this.#read(), [workKey(work)]: { train, validation, at: Date.now() } };
    const newest = Object.entries(all)
      .sort(([, one], [, other]) => other.at - one.at)
      .slice(0, MAX_ENTRIES);
    writeFileAtomic(this.#file, JSON.stringify(Object.fromEntries(newest)));
  }

  /**
   * Seconds, or null when this machine has not trained this model yet.
   * @param timed images per second of a few steps, for a model that was not trained yet
   */
  estimate(
    work: Work,
    epochs: number,
    images: { train: number; validation: number },
    timed: number | null = null,
  ): number | null {
    const known = this.#read()[workKey(work)];
    const train = known?.train ?? timed;
    if (train === null) return null;
    const validation = known?.validation ?? train * VALIDATION_SPEEDUP;
    return epochs * (images.train / train + images.validation / validation);
  }

  #read(): z.infer<typeof content> {
    try {
      return content.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      // Not there yet, or damaged: estimates start anew.
      return {};
    }
  }
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
