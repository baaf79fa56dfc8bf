/** ONNX in half precision: half the size, and fast where the device computes in it. */
import type { Converter } from '../converter.ts';
import { foldBatchNormalization } from '../fold-batch-normalization.ts';
import { exportGraph, onnxBytes } from '../onnx.ts';
import { toFloat16 } from './to-float16.ts';

export const toOnnxFloat16: Converter = (source) => ({
  [`${source.name}.onnx`]: [
    onnxBytes(source, toFloat16(foldBatchNormalization(exportGraph(source)))),
  ],
});
