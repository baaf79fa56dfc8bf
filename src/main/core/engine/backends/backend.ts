/** What runs a graph. Only files of this folder know a runtime. */
import type { TensorData } from '../graph/types.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import type { InferenceProgram } from '../predictor.ts';
import type { BackendId } from '../protocol.ts';

export type Tensors = Readonly<Record<string, TensorData>>;

/** A call whose buffers are bound once: each run reads and writes them in place. */
export interface Binding {
  run(): Promise<void>;
}

/** A compiled graph. */
export interface Program extends InferenceProgram {
  /** Inputs are read from, outputs written to, the given buffers at each run. */
  bind(inputs: Tensors, outputs: Tensors): Binding;
}

/** A runtime of ONNX graphs. */
export interface Backend {
  readonly id: BackendId;
  /** 'CPU · 2 threads' */
  readonly label: string;
  /** @param model bytes of an `.onnx` file, or its path. */
  compile(model: Uint8Array | string): Promise<Program>;
  /** The ways of computing gradients that suit this device. */
  lowerings(): Promise<Lowerings>;
}
