/** Sessions of ONNX Runtime on one execution provider, and what their failures mean. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '#shared/errors.ts';
import type { DType, TensorData, TypedArray } from '../graph/types.ts';
import type { BackendId } from '../protocol.ts';
import type { Tensors } from './backend.ts';
import { isOutOfMemory, outOfMemory } from './out-of-memory.ts';

export interface OnnxRuntimeOptions {
  id: Exclude<BackendId, 'tensorflow'>;
  label: string;
  threads: number;
}

/**
 * How long an idle thread of the pool waits in a loop before it sleeps. It bridges the gap to the
 * next operator; the runtime's default (a millisecond and more) more than halves the speed as soon
 * as anything else wants the cores.
 */
const SPIN_US = '20';

/** Joins a Pad with zeros and the MaxPool behind it, which then sees −∞ in place of the zeros. */
const WRONG_OPTIMIZERS = 'Pad_Fusion';

function sessionOptions({ id, threads }: OnnxRuntimeOptions): InferenceSession.SessionOptions {
  return {
    // What a device has no kernel for runs on the CPU.
    executionProviders: id === 'cpu' ? ['cpu'] : [id, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // A pattern of the first run would be a second block of memory, beside what that run left; and
    // DirectML refuses to run with one.
    enableMemPattern: false,
    logSeverityLevel: 3,
    extra: {
      session: { intra_op: { spin_duration_us: SPIN_US } },
      optimization: { disable_specified_optimizers: WRONG_OPTIMIZERS },
    },
  };
}

export interface SessionUse {
  /** How much the runtime rewrites the graph. */
  level?: 'basic' | 'all';
  /** Outputs that stay in the device's memory. */
  kept?: readonly string[];
}

export async function createSession(
  options: OnnxRuntimeOptions,
  model: Uint8Array | string,
  { level = 'all', kept = [] }: SessionUse = {},
): Promise<InferenceSession> {
  const settings = sessionOptions(options);
  settings.graphOptimizationLevel = level;
  if (kept.length > 0) {
    settings.preferredOutputLocation = Object.fromEntries(
      kept.map((name) => [name, 'gpu-buffer' as const]),
    );
  }
  try {
    // The overloads are separate: a path is read by the runtime itself.
    return typeof model === 'string'
      ? await InferenceSession.create(model, settings)
      : await InferenceSession.create(model, settings);
  } catch (error) {
    throw failure(error, `${options.label} cannot run this model`);
  }
}

/** Runs `work`; what the runtime throws becomes an error with a code. */
export async function guarded<T>(label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failure(error, `${label} stopped`);
  }
}

function failure(error: unknown, what: string): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  return isOutOfMemory(reason)
    ? outOfMemory(error)
    : new AppError('ENGINE_FAILED', `${what}: ${reason}`, { cause: error });
}

export function toTensor({ dtype, data, dims }: TensorData): Tensor {
  return new Tensor(dtype, data, dims);
}

export function toTensors(tensors: Tensors): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, toTensor(tensor)]),
  );
}

/** Of a tensor in the process's memory. */
export function fromTensor(tensor: Tensor): TensorData {
  return { dtype: tensor.type as DType, dims: tensor.dims, data: tensor.data as TypedArray };
}
