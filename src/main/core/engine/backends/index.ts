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
  const backend = createBackend(choice, threads);
  return Promise.resolve({
    id: backend.id,
    label: backend.label,
    createStepper: (options, seed) => new StepRunner(backend, options, seed),
  });
}
