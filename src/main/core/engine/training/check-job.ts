import { AppError } from '#shared/errors.ts';
import type { TrainJob } from '../protocol.ts';

/** Throws NOT_ENOUGH_DATA or MODEL_INVALID for a job that cannot be trained. */
export function checkJob(
  job: Pick<TrainJob, 'spec' | 'classNames' | 'train' | 'validation' | 'unlabeled'>,
): void {
  const { input } = job.spec;
  for (const [what, set] of [
    ['training', job.train],
    ['validation', job.validation],
  ] as const) {
    if (!set) continue;
    if (set.slots.length === 0) {
      throw new AppError('NOT_ENOUGH_DATA', `There are no ${what} images.`);
    }
    if (set.labels.length !== set.slots.length) {
      throw new RangeError(`${set.labels.length} labels for ${set.slots.length} ${what} images`);
    }
    const lowest = set === job.train && job.unlabeled ? -1 : 0;
    const wrong = set.labels.findIndex((label) => label < lowest || label >= job.classNames.length);
    if (wrong >= 0) {
      throw new RangeError(`label ${set.labels[wrong]} of ${what} image ${wrong} is no class`);
    }
    if (lowest < 0 && !(set.labels.includes(-1) && set.labels.some((label) => label >= 0))) {
      throw new AppError(
        'NOT_ENOUGH_DATA',
        'This training needs images with a label and images without one.',
        { hint: 'Import images without labels, or choose another recipe.' },
      );
    }
    if (
      set.height !== input.height ||
      set.width !== input.width ||
      set.channels !== input.channels
    ) {
      throw new AppError(
        'MODEL_INVALID',
        `The model takes ${input.height}×${input.width}×${input.channels}, but the ${what} images ` +
          `are ${set.height}×${set.width}×${set.channels}.`,
      );
    }
  }
}
