/** State that stays on the device between steps, as far as the runtime's binding for Node can. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { GraphBuilder } from '../graph/builder.ts';
import { toOnnx } from '../graph/serialize.ts';
import type { TensorData } from '../graph/types.ts';
import type { DeviceState, StatefulProgram, Tensors } from './backend.ts';
import {
  createSession,
  fromTensor,
  guarded,
  toTensor,
  toTensors,
  type OnnxRuntimeOptions,
} from './ort-session.ts';

/** WebGPU is the only provider whose buffers the binding hands out. */
export function keepsState(id: OnnxRuntimeOptions['id']): boolean {
  return id === 'webgpu';
}

const nextOf = (name: string): string => `${name}_next`;

export class OrtState implements DeviceState {
  readonly #options: OnnxRuntimeOptions;
  /** As the newest run left them. */
  tensors: Record<string, Tensor>;

  constructor(options: OnnxRuntimeOptions, values: Tensors) {
    this.#options = options;
    this.tensors = toTensors(values);
  }

  /** The binding cannot copy a buffer out; a graph that gives its input back can. */
  async read(): Promise<Record<string, TensorData>> {
    const away = Object.entries(this.tensors).filter(([, { location }]) => location !== 'cpu');
    const near = Object.entries(this.tensors).filter(([, { location }]) => location === 'cpu');
    const found = Object.fromEntries(near.map(([name, tensor]) => [name, fromTensor(tensor)]));
    if (away.length === 0) return found;
    const b = new GraphBuilder('read_state');
    for (const [name, { dims }] of away) {
      b.output(nextOf(name), b.op('Identity', [b.input(name, 'float32', dims)]));
    }
    const session = await createSession(this.#options, toOnnx(b.finish()));
    try {
      const copies = await guarded(this.#options.label, () =>
        session.run(Object.fromEntries(away)),
      );
      for (const [name] of away) {
        const copy = copies[nextOf(name)];
        if (copy) found[name] = fromTensor(copy);
      }
      return found;
    } finally {
      await session.release();
    }
  }

  dispose(): void {
    for (const tensor of Object.values(this.tensors)) release(tensor);
    this.tensors = {};
  }
}

export class OrtStatefulProgram implements StatefulProgram {
  readonly #session: InferenceSession;
  readonly #label: string;
  readonly #names: readonly string[];

  constructor(session: InferenceSession, label: string, names: readonly string[]) {
    this.#session = session;
    this.#label = label;
    this.#names = names;
  }

  static async create(
    options: OnnxRuntimeOptions,
    model: Uint8Array,
    names: readonly string[],
  ): Promise<OrtStatefulProgram> {
    const kept = keepsState(options.id) ? names.map(nextOf) : [];
    return new OrtStatefulProgram(
      await createSession(options, model, { kept }),
      options.label,
      names,
    );
  }

  async run(state: DeviceState, inputs: Tensors): Promise<Record<string, TensorData>> {
    if (!(state instanceof OrtState)) throw new TypeError('a state of another runtime');
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, toTensor(tensor)]),
    );
    const results = await guarded(this.#label, () =>
      this.#session.run({ ...feeds, ...state.tensors }),
    );
    const before = state.tensors;
    state.tensors = { ...before };
    const outputs: Record<string, TensorData> = {};
    for (const [output, tensor] of Object.entries(results)) {
      const name = this.#names.find((one) => nextOf(one) === output);
      if (name === undefined) outputs[output] = fromTensor(tensor);
      else {
        const old = before[name];
        if (old) release(old);
        state.tensors[name] = tensor;
      }
    }
    return outputs;
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

/** Buffers of a device are freed by hand, those of the process by the garbage collector. */
function release(tensor: Tensor): void {
  if (tensor.location !== 'cpu') tensor.dispose();
}
