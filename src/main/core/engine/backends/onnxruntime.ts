import type { InferenceSession } from 'onnxruntime-node';
import { toOnnx } from '../graph/serialize.ts';
import type { Graph, TensorData } from '../graph/types.ts';
import { blockedLowerings, deviceLowerings } from '../ops/lowerings.ts';
import type { Backend, Binding, InPlaceProgram, Program, Tensors } from './backend.ts';
import { channelBlock } from './channel-block.ts';
import { runInPlace, withoutCopies } from './ort-in-place.ts';
import {
  createSession,
  fromTensor,
  guarded,
  toTensors,
  type OnnxRuntimeOptions,
} from './ort-session.ts';
import { OrtState, OrtStatefulProgram } from './ort-state.ts';
import { fillChannels } from './webgpu-channels.ts';

/** ONNX Runtime in this process. `run` blocks the thread while it computes. */
export function createOnnxRuntime(options: OnnxRuntimeOptions): Backend {
  const { id, label } = options;
  let asked: Promise<number> | undefined;
  const block = (): Promise<number> => (asked ??= channelBlock(backend));
  /** Then the graph comes with its operators joined; to look for more only takes time. */
  const inBlocks = async () => id === 'cpu' && (await block()) > 1;
  const serialize = (graph: Graph) => toOnnx(id === 'webgpu' ? fillChannels(graph) : graph);
  const backend: Backend = {
    id,
    label,
    async compile(model) {
      const source = typeof model === 'string' ? model : serialize(model);
      return new SessionProgram(await createSession(options, source), label);
    },
    async compileInPlace(model) {
      const level = (await inBlocks()) ? 'basic' : 'all';
      const session = await createSession(options, withoutCopies(model), { level });
      return new BoundSession(session, label);
    },
    createState: (values) => new OrtState(options, values),
    compileStateful: (graph, state) => OrtStatefulProgram.create(options, serialize(graph), state),
    lowerings: async () => (id === 'cpu' ? blockedLowerings(await block()) : deviceLowerings),
  };
  return backend;
}

class SessionProgram implements Program {
  readonly #session: InferenceSession;
  readonly #label: string;

  constructor(session: InferenceSession, label: string) {
    this.#session = session;
    this.#label = label;
  }

  async run(inputs: Tensors): Promise<Record<string, TensorData>> {
    const results = await guarded(this.#label, () => this.#session.run(toTensors(inputs)));
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [name, fromTensor(tensor)]),
    );
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

class BoundSession implements InPlaceProgram {
  readonly #session: InferenceSession;
  readonly #label: string;

  constructor(session: InferenceSession, label: string) {
    this.#session = session;
    this.#label = label;
  }

  bind(inputs: Tensors, outputs: Tensors): Binding {
    const feeds = toTensors(inputs);
    const fetches = toTensors(outputs);
    return {
      run: () => guarded(this.#label, () => runInPlace(this.#session, feeds, fetches)),
    };
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}
