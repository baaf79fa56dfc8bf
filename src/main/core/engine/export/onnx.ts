/** ONNX, with the scaling of images of any size in front. */
import { toOnnx } from '../graph/serialize.ts';
import { buildExport } from '../programs/inference.ts';
import type { ModelFormat } from './types.ts';

export const onnx: ModelFormat = {
  write({ name, model, parameters, views, classNames, metadata }) {
    const { height, width, channels } = model.input;
    const bytes = toOnnx(buildExport(model, parameters, views), {
      description: `Image classifier. Input: uint8 images of any size, ${channels} channels. Output: a probability for each class.`,
      metadata: {
        classes: JSON.stringify(classNames),
        model: model.name,
        input_size: `${height}x${width}x${channels}`,
        ...metadata,
      },
    });
    return [{ name: `${name}.onnx`, pieces: [bytes] }];
  },
};
