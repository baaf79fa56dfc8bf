import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '#shared/errors.ts';
import type { DType, TensorData, TypedArray } from '../graph/types.ts';
import type { BackendId } from '../protocol.ts';
import { blockedLowerings, defaultLowerings, type Lowerings } from '../ops/lowerings.ts';
import type { Backend, Binding, Program, Tensors } from './backend.ts';
import { channelBlock } from './channel-block.ts';

export interface OnnxRuntimeOptions {
  id: BackendId;
  label: string;
  threads: number;
}

/**
 * How long an idle thread of the pool waits in a loop before it sleeps. It bridges the gap to the
 * next operator; the runtime's default (a millisecond and more) more than halves the speed as soon
 * as anything else wants the cores.
 */
const SPIN_US = '20';

/** ONNX Runtime in this process. `run` blocks the thread while it computes. */
export function createOnnxRuntime({ id, label, threads }: OnnxRuntimeOptions): Backend {
  const options: InferenceSession.SessionOptions = {
    executionProviders: id === 'cpu' ? ['cpu'] : [id, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // A pattern of the first run would be a second block of memory, beside what that run left.
    enableMemPattern: false,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { spin_duration_us: SPIN_US } } },
  };
  let lowerings: Promise<Lowerings> | undefined;
  const backend: Backend = {
    id,
    label,
    async compile(model) {
      try {
        // The overloads are separate: a path is read by the runtime itself.
        const session =
          typeof model === 'string'
            ? await InferenceSession.create(model, options)
            : await InferenceSession.create(model, options);
        return new SessionProgram(session, label);
      } catch (error) {
        throw new AppError('ENGINE_FAILED', `${label} cannot run this model: ${reason(error)}`, {
          cause: error,
        });
      }
    },
    lowerings: () =>
      (lowerings ??=
        id === 'cpu'
          ? channelBlock(backend).then(blockedLowerings)
          : Promise.resolve(defaultLowerings)),
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
        await this.#guard(() => this.#session.run(feeds, fetches));
      },
    };
  }

  async run(inputs: Tensors): Promise<Record<string, TensorData>> {
    const results = await this.#guard(() => this.#session.run(toTensors(inputs)));
    return Object.fromEntries(
      Object.entries(results).map(([name, value]) => {
        const tensor = value;
        return [
          name,
          {
            dtype: tensor.type as DType,
            dims: tensor.dims,
            data: tensor.data as TypedArray,
          },
        ];
      }),
    );
  }

  async dispose(): Promise<void> {
    await this.#session.release();
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw new AppError('ENGINE_FAILED', `${this.#label} stopped: ${reason(error)}`, {
        cause: error,
      });
    }
  }
}

function toTensors(tensors: Tensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, data, dims }]) => [
      name,
      new Tensor(dtype, data, dims),
    ]),
  );
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
