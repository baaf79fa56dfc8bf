/**
 * An exported model by itself: this file knows ONNX Runtime and the IDX format, and nothing of the
 * product. Writes the class probabilities of all images as float32 to the second file.
 *
 *     node run-exported.mjs model.onnx images-idx3-ubyte.gz out.f32
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [model, images, out] = process.argv.slice(2);
const idx = gunzipSync(readFileSync(images));
const [count, height, width] = [4, 8, 12].map((at) => idx.readUInt32BE(at));
const session = await InferenceSession.create(model);
const [input] = session.inputNames;
const [output] = session.outputNames;

const BATCH = 500;
const parts = [];
for (let first = 0; first < count; first += BATCH) {
  const size = Math.min(BATCH, count - first);
  const start = 16 + first * height * width;
  const pixels = new Uint8Array(idx.subarray(start, start + size * height * width));
  const feeds = { [input]: new Tensor('uint8', pixels, [size, height, width, 1]) };
  const results = await session.run(feeds);
  parts.push(Buffer.from(new Float32Array(results[output].data).buffer));
}
writeFileSync(out, Buffer.concat(parts));
