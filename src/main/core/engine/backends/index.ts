import type { Backend } from './backend.ts';
import { createOnnxRuntime } from './onnxruntime.ts';
import type { BackendChoice } from './status.ts';

export type { Backend, Binding, Program, Tensors } from './backend.ts';

/** Loads the runtime; give it what `chooseBackend` answered. */
export function createBackend(choice: BackendChoice, threads: number): Backend {
  return createOnnxRuntime({ ...choice, threads });
}
