import { DEFAULT_BATCH } from '../predictor.ts';
import type { TrainJob } from '../protocol.ts';
import { openLoader, type DataLoader } from './loader.ts';
import { defaultImageMemory } from './rows.ts';

export interface TrainingData {
  training: DataLoader;
  validation: DataLoader | null;
  close(): Promise<void>;
}

/** Both sets of a job, within one budget of memory; the training images come first. */
export async function openTrainingData(job: TrainJob): Promise<TrainingData> {
  const budget = job.imageMemory ?? defaultImageMemory();
  const threads = job.dataThreads;
  const training = await openLoader(job.train, {
    batch: job.batch,
    memoryBudget: budget,
    threads,
    augment: job.augment
      ? { spec: job.augment, seed: job.seed, classes: job.classNames.length }
      : undefined,
  });
  try {
    const validation =
      job.validation &&
      (await openLoader(job.validation, {
        batch: DEFAULT_BATCH,
        memoryBudget: budget - training.held,
        threads,
      }));
    return {
      training,
      validation,
      async close() {
        await training.close();
        await validation?.close();
      },
    };
  } catch (error) {
    await training.close();
    throw error;
  }
}
