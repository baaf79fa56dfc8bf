import { AppError } from '#shared/errors.ts';
import type { TrainingBackend } from '../../training/stepper.ts';
import type { BackendChoice } from '../status.ts';
import { isOutOfMemory, outOfMemory } from '../out-of-memory.ts';
import { findTensorflow } from './find.ts';
import { TensorflowStepper } from './stepper.ts';
import type { Tf } from './tf.ts';

/** Where the supervisor says that a user's packages lie. */
export function tensorflowDir(): string | undefined {
  return process.env['FOVEA_TENSORFLOW_DIR'];
}

/** Loads the installed package. Throws ENGINE_FAILED where there is none. */
export async function openTensorflow({ label }: BackendChoice): Promise<TrainingBackend> {
  const found = findTensorflow(tensorflowDir());
  if (!found) throw new AppError('ENGINE_FAILED', `${label} is not installed.`);
  const tf = found.load();
  await tf.ready();
  return createTensorflow(tf, label);
}

/** @param tf loaded, its backend ready */
export function createTensorflow(tf: Tf, label: string): TrainingBackend {
  return {
    id: 'tensorflow',
    label,
    createStepper: (options, seed) => guarded(new TensorflowStepper(tf, options, seed), label),
  };
}

/** What a step throws becomes an error with a code. */
function guarded(stepper: TensorflowStepper, label: string): TensorflowStepper {
  const run = stepper.run.bind(stepper);
  stepper.run = async (...step) => {
    try {
      return await run(...step);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (isOutOfMemory(reason)) throw outOfMemory(error);
      throw new AppError('ENGINE_FAILED', `${label} stopped: ${reason}`, { cause: error });
    }
  };
  return stepper;
}
