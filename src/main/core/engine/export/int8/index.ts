/** ONNX in integers, their scales chosen on the project's own images. */
import type { Converter } from '../converter.ts';
import { foldBatchNormalization } from '../fold-batch-normalization.ts';
import { exportGraph, onnxBytes } from '../onnx.ts';
import { calibrate } from '../quantize/calibrate.ts';
import { toInt8 } from './to-int8.ts';

export const toOnnxInt8: Converter = async (source, options) => {
  const graph = foldBatchNormalization(exportGraph(source));
  const ranges = await calibrate(graph, source.calibration, options);
  return { [`${source.name}.onnx`]: [onnxBytes(source, toInt8(graph, ranges))] };
};
