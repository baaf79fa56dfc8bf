import { AppError } from '#shared/errors.ts';
import type { Backend } from '../backends/index.ts';
import { elements } from '../graph/shape.ts';
import type { TensorData } from '../graph/types.ts';
import { buildSlide } from './build.ts';
import { slidingOf } from './geometry.ts';
import type { Numbers, SlideJob, SlideResult } from './job.ts';

/**
 * Slides a kernel or a pooling window over numbers, with the engine's own operators.
 * @throws AppError INVALID_INPUT, ENGINE_FAILED
 */
export async function runSlide(backend: Backend, job: SlideJob): Promise<SlideResult> {
  const { input, operation } = job;
  const sliding = slidingOf(job);
  const kernel = operation.type === 'pool' ? null : laid(operation.kernel, operation.flip);
  const program = await backend.compile(buildSlide(job, sliding, kernel));
  try {
    const dims = [1, 1, ...input.shape];
    const found = await program.run({ x: { dtype: 'float32', dims, data: input.data } });
    const size = elements(sliding.window);
    const { movedInput, movedOutput, windows, products } = found;
    return {
      output: numbers(found['output']),
      before: sliding.before,
      after: sliding.after,
      kernel,
      steps: windows
        ? {
            size,
            windows: byPosition(floats(windows), size),
            products: products ? byPosition(floats(products), size) : null,
          }
        : null,
      moved: movedInput ? { input: numbers(movedInput), output: numbers(movedOutput) } : null,
      picture: pictureOf(found),
    };
  } finally {
    await program.dispose();
  }
}

/** The kernel as it lies on the input: a true convolution turns it around along every axis. */
function laid(kernel: { shape: number[]; values: number[] }, flip: boolean): Numbers {
  const data = Float32Array.from(kernel.values);
  return { shape: kernel.shape, data: flip ? data.reverse() : data };
}

function floats(tensor: TensorData | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new AppError('ENGINE_FAILED', 'The engine gave no numbers.');
}

function numbers(tensor: TensorData | undefined): Numbers {
  return { shape: tensor?.dims.slice(2) ?? [], data: floats(tensor) };
}

function pictureOf({ picture, least, most }: Record<string, TensorData>): SlideResult['picture'] {
  if (!(picture?.data instanceof Uint8Array)) return null;
  return { pixels: picture.data, least: floats(least)[0]!, most: floats(most)[0]! };
}

/** [window, positions] → [positions, window]. */
function byPosition(data: Float32Array, size: number): Float32Array {
  const positions = data.length / size;
  return Float32Array.from(data, (_, at) => data[(at % size) * positions + Math.floor(at / size)]!);
}
