import { DEFAULT_BATCH } from '../predictor.ts';
import type { TrainJob } from '../protocol.ts';
import { openLoader, type DataLoader } from './loader.ts';
import { defaultImageMemory } from './rows.ts';

export interface TrainingData {
  training: DataLoader;
  validation: DataLoader | null;
  /** The training images as they are, to ask about; null where all have a label. */
  plain: DataLoader | null;
  close(): Promise<void>;
}

/** The sets of a job, within one budget of memory; the training images come first. */
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
  let validation: DataLoader | null = null;
  try {
    validation =
      job.validation &&
      (await openLoader(job.validation, {
        batch: DEFAULT_BATCH,
        memoryBudget: budget - training.held,
        threads,
      }));
    const plain = job.unlabeled
      ? await openLoader(job.train, {
          batch: DEFAULT_BATCH,
          memoryBudget: 0,
          threads,
        })
      : null;
    return {
      training,
      validation,
      plain,
      async close() {
        for (const loader of [training, validation, plain]) await loader?.close();
      },
    };
  } catch (error) {
    await training.close();
    await validation?.close();
    throw error;
  }
}
