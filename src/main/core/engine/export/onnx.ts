import { toOnnx } from '../graph/serialize.ts';
import type { Graph } from '../graph/types.ts';
import { buildExport } from '../programs/inference.ts';
import type { Converter, ModelSource } from './converter.ts';

/** ONNX with the scaling of pictures inside: uint8 of any size in, probabilities out. */
export const toOnnxFile: Converter = (source) => ({
  [`${source.name}.onnx`]: [onnxBytes(source, exportGraph(source))],
});

export function exportGraph({ model, parameters, views }: ModelSource): Graph {
  return buildExport(model, parameters, views);
}

/** With class names and provenance in the file's metadata. */
export function onnxBytes({ model, classNames, metadata }: ModelSource, graph: Graph): Uint8Array {
  const { height, width, channels } = model.input;
  return toOnnx(graph, {
    description: `Image classifier. Input: uint8 images of any size, ${channels} channels. Output: a probability for each class.`,
    metadata: {
      classes: JSON.stringify(classNames),
      model: model.name,
      input_size: `${height}x${width}x${channels}`,
      ...metadata,
    },
  });
}
