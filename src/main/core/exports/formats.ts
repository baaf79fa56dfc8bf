import type { ExportFormat } from '#shared/contract/index.ts';
import { coreml } from './coreml.ts';
import type { Format } from './format.ts';
import { kerasProject } from './keras-project.ts';
import { keras, kerasH5 } from './keras.ts';
import { onnx, onnxFloat16, onnxInt8 } from './onnx.ts';
import { pytorch } from './pytorch.ts';
import { tfjs } from './tfjs.ts';
import { tflite, tfliteInt8 } from './tflite.ts';
import { webPage } from './web-page.ts';

/** One file per format in this folder; a format that is missing here does not compile. */
export const formats: Record<ExportFormat, Format> = {
  onnx,
  'onnx-fp16': onnxFloat16,
  'onnx-int8': onnxInt8,
  pytorch,
  keras,
  h5: kerasH5,
  tfjs,
  'keras-project': kerasProject,
  tflite,
  'tflite-int8': tfliteInt8,
  coreml,
  web: webPage,
};
