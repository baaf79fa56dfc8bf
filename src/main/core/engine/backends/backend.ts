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

/**
 * Numbers that a graph changes from run to run, where the device has them: each run reads `name` and
 * leaves what the graph gives out as `name_next`.
 */
export interface DeviceState {
  /** Copies of all of them. */
  read(): Promise<Record<string, TensorData>>;
  dispose(): void;
}

/** A graph with a state. Several (one a batch size) may share one. */
export interface StatefulProgram {
  /** Answers the outputs that are not state. Throws ENGINE_FAILED, OUT_OF_MEMORY. */
  run(state: DeviceState, inputs: Tensors): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

export type GraphUse = 'answer' | 'train';

/** A runtime of ONNX graphs. */
export interface Backend {
  readonly id: BackendId;
  /** 'CPU · 2 threads' */
  readonly label: string;
  /**
   * @param model bytes of an `.onnx` file, or its path
   * @param use what it is for: a graph that trains comes as it is to be run, in channels in blocks
   *   where there are such, and the runtime's own rewriting would only take time
   */
  compile(model: Uint8Array | string, use?: GraphUse): Promise<Program>;
  createState(values: Tensors): DeviceState;
  /** @param state names that the graph reads, and gives out with `_next` */
  compileStateful(model: Uint8Array, state: readonly string[]): Promise<StatefulProgram>;
  /** The ways of computing gradients that suit this device. */
  lowerings(): Promise<Lowerings>;
}
