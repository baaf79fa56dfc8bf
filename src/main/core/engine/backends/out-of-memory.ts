import { AppError } from '#shared/errors.ts';

/**
 * What the runtimes say when an allocation fails: ONNX Runtime's arena and C++, Dawn and Vulkan
 * (WebGPU), CUDA, Direct3D, TensorFlow.
 */
const patterns = [
  /bad[_ ]alloc/i,
  /failed to allocate memory/i,
  /out of (device )?memory/i,
  /out_of_(device|host)_memory/i,
  /cuda_error_out_of_memory|cudaMalloc/i,
  /E_OUTOFMEMORY|8007000E/i,
  /(?:Array buffer|ArrayBuffer) allocation failed/i,
  /OOM when allocating/i,
  /failed to allocate .*buffer|buffer allocation failed/i,
];

export function isOutOfMemory(message: string): boolean {
  return patterns.some((pattern) => pattern.test(message));
}

export function outOfMemory(cause: unknown): AppError {
  return new AppError('OUT_OF_MEMORY', 'There is not enough memory for a step of this training.', {
    hint: 'Train with a smaller batch.',
    cause,
  });
}
