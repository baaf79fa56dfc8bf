/** The model, run by ONNX Runtime's WebAssembly inside the page. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import type { PageAbout } from '../shared/exported-page.ts';
import { readBytes } from './payload.ts';

export type Classify = (source: Blob | HTMLVideoElement) => Promise<Float32Array>;

/** Scaling larger pictures takes seconds; the model sees a small one anyway. */
const MOST_PIXELS = 16_000_000;

export async function createClassifier({ channels }: PageAbout): Promise<Classify> {
  const [runtime, model] = await Promise.all([readBytes('runtime'), readBytes('model')]);
  env.wasm.wasmBinary = runtime.buffer;
  // More threads would need headers that a file has not.
  env.wasm.numThreads = 1;
  const session = await InferenceSession.create(model, {
    // Joins a Pad with zeros and the MaxPool behind it, which then sees −∞ in place of the zeros.
    extra: { optimization: { disable_specified_optimizers: 'Pad_Fusion' } },
  });
  // A session answers one question at a time.
  let last: Promise<unknown> = Promise.resolve();
  const run = async (source: Blob | HTMLVideoElement): Promise<Float32Array> => {
    const { data, width, height } = await pixelsOf(source);
    const pixels = channels === 1 ? grey(data) : rgb(data);
    const image = new Tensor('uint8', pixels, [1, height, width, channels]);
    const { probabilities } = await session.run({ image });
    return probabilities?.data as Float32Array;
  };
  return (source) => {
    const answer = last.then(() => run(source));
    last = answer.catch(() => undefined);
    return answer;
  };
}

/** Upright, transparency on white, 8 bits a channel: RGBA. */
async function pixelsOf(source: Blob | HTMLVideoElement): Promise<ImageData> {
  const bitmap = await createImageBitmap(source);
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
  const width = Math.max(1, Math.round(bitmap.width * shrink));
  const height = Math.max(1, Math.round(bitmap.height * shrink));
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('This browser cannot read pixels.');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

function rgb(rgba: Uint8ClampedArray): Uint8Array {
  const pixels = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    pixels[to++] = rgba[from] ?? 0;
    pixels[to++] = rgba[from + 1] ?? 0;
    pixels[to++] = rgba[from + 2] ?? 0;
  }
  return pixels;
}

function grey(rgba: Uint8ClampedArray): Uint8Array {
  return Uint8Array.from({ length: rgba.length / 4 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(4 * pixel, 4 * pixel + 3);
    return 0.299 * red + 0.587 * green + 0.114 * blue + 0.5;
  });
}
