import { CpuStepper } from '../training/cpu/cpu-stepper.ts';
import { StepRunner } from '../training/step-runner.ts';
import type { TrainingBackend } from '../training/stepper.ts';
import type { Backend } from './backend.ts';
import { createOnnxRuntime } from './onnxruntime.ts';
import type { BackendChoice } from './status.ts';

export type { Backend, Binding, Program, Tensors } from './backend.ts';

/** Loads the runtime; give it what `chooseBackend` answered. */
export function createBackend(choice: BackendChoice, threads: number): Backend {
  return createOnnxRuntime({ ...choice, threads });
}

/** What the epoch loop trains on. */
export function createTrainingBackend(
  choice: BackendChoice,
  threads: number,
): Promise<TrainingBackend> {
  return Promise.resolve({
    ...choice,
    createStepper: (options, seed) =>
      choice.id === 'cpu'
        ? new CpuStepper(choice, threads, options, seed)
        : new StepRunner(createBackend(choice, threads), options, seed),
  });
}
