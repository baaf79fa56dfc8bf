/** What runs a graph. Only files of this folder know a runtime. */
import type { Graph, TensorData } from '../graph/types.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import type { InferenceProgram } from '../predictor.ts';
import type { BackendId } from '../protocol.ts';

export type Tensors = Readonly<Record<string, TensorData>>;

/** A compiled graph that answers. */
export type Program = InferenceProgram;

/** A call whose buffers are bound once: each run reads and writes them in place. */
export interface Binding {
  run(): Promise<void>;
}

/** A compiled graph that works in the caller's memory. */
export interface InPlaceProgram {
  /** Inputs are read from, outputs (all of them) written to, the given buffers at each run. */
  bind(inputs: Tensors, outputs: Tensors): Binding;
  dispose(): Promise<void>;
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

/** A runtime of ONNX graphs. */
export interface Backend {
  readonly id: BackendId;
  /** 'CPU · 2 threads' */
  readonly label: string;
  /** @param model a graph, or the path of an `.onnx` file */
  compile(model: Graph | string): Promise<Program>;
  /**
   * For training: a graph that comes as it is to be run, in channels in blocks where there are such,
   * so that the runtime's own rewriting would only take time.
   */
  compileInPlace(model: Uint8Array): Promise<InPlaceProgram>;
  createState(values: Tensors): DeviceState;
  /** @param state names that the graph reads, and gives out with `_next` */
  compileStateful(graph: Graph, state: readonly string[]): Promise<StatefulProgram>;
  /** The ways of computing gradients that suit this device. */
  lowerings(): Promise<Lowerings>;
}
