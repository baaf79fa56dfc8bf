import type { InferenceSession } from 'onnxruntime-node';
import type { TensorData } from '../graph/types.ts';
import { blockedLowerings, deviceLowerings, type Lowerings } from '../ops/lowerings.ts';
import type { Backend, Binding, Program, Tensors } from './backend.ts';
import { channelBlock } from './channel-block.ts';
import {
  createSession,
  fromTensor,
  guarded,
  toTensors,
  type OnnxRuntimeOptions,
} from './ort-session.ts';
import { OrtState, OrtStatefulProgram } from './ort-state.ts';

/** ONNX Runtime in this process. `run` blocks the thread while it computes. */
export function createOnnxRuntime(options: OnnxRuntimeOptions): Backend {
  const { id, label } = options;
  let lowerings: Promise<Lowerings> | undefined;
  const backend: Backend = {
    id,
    label,
    compile: async (model) => new SessionProgram(await createSession(options, model), label),
    createState: (values) => new OrtState(options, values),
    compileStateful: (model, state) => OrtStatefulProgram.create(options, model, state),
    lowerings: () =>
      (lowerings ??=
        id === 'cpu'
          ? channelBlock(backend).then(blockedLowerings)
          : Promise.resolve(deviceLowerings)),
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

  bind(inputs: Tensors, outputs: Tensors): Binding {
    const feeds = toTensors(inputs);
    const fetches = toTensors(outputs);
    return {
      run: async () => {
        await guarded(this.#label, () => this.#session.run(feeds, fetches));
      },
    };
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
