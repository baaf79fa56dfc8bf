import { CpuStepper } from '../training/cpu/cpu-stepper.ts';
import { DeviceStepper } from '../training/device-stepper.ts';
import type { TrainingBackend } from '../training/stepper.ts';
import type { Backend } from './backend.ts';
import { createOnnxRuntime } from './onnxruntime.ts';
import type { OnnxRuntimeOptions } from './ort-session.ts';
import type { BackendChoice } from './status.ts';

export type {
  Backend,
  Binding,
  DeviceState,
  InPlaceProgram,
  Program,
  StatefulProgram,
  Tensors,
} from './backend.ts';

type OrtChoice = BackendChoice<OnnxRuntimeOptions['id']>;

/** Loads ONNX Runtime. */
export function createBackend({ id, label }: OrtChoice, threads: number): Backend {
  return createOnnxRuntime({ id, label, threads });
}

/** What the epoch loop trains on. */
export async function createTrainingBackend(
  { id, label }: BackendChoice,
  threads: number,
): Promise<TrainingBackend> {
  if (id === 'tensorflow') {
    const { openTensorflow } = await import('./tensorflow/index.ts');
    return await openTensorflow({ id, label });
  }
  return {
    id,
    label,
    createStepper: (options, seed) =>
      id === 'cpu'
        ? new CpuStepper({ id, label }, threads, options, seed)
        : new DeviceStepper(createBackend({ id, label }, threads), options, seed),
  };
}
