/** TensorFlow Lite (LiteRT): a picture of the model's size in, probabilities out. */
import { elements } from '../../graph/shape.ts';
import { answerGraph } from '../answer-graph.ts';
import { calibrate } from '../quantize/calibrate.ts';
import type { Contents, Converter, ModelSource } from '../converter.ts';
import { toLite } from './convert.ts';
import { encodeLite, type LiteFile } from './flatbuffer.ts';
import { readConstants, readKernels } from './read.ts';
import { integerKernels, toInt8Lite } from './to-int8.ts';

export const toTflite: Converter = (source) => ({
  [`${source.name}.tflite`]: [encodeLite(toLite(answerGraph(source)), liteFile(source))],
});

export function liteFile({ model, classNames, metadata }: ModelSource): LiteFile {
  const { height, width, channels } = model.input;
  return {
    description: `Image classifier ${model.name}: uint8 ${height}x${width}x${channels} to a probability for each of ${classNames.length} classes`,
    metadata: { classes: JSON.stringify(classNames), provenance: JSON.stringify(metadata) },
  };
}

export const tfliteContents: Contents = {
  expected: (source) =>
    new Map(
      toLite(answerGraph(source)).tensors.flatMap(({ name, shape, data }, place) =>
        data instanceof Float32Array ? [[`${place} ${name}`, { shape, data }] as const] : [],
      ),
    ),
  found: async ({ name }, read) => readConstants(await read(`${name}.tflite`)),
};

export const toTfliteInt8: Converter = async (source, options) => {
  const graph = answerGraph(source);
  const ranges = await calibrate(graph, source.calibration, options);
  const model = toInt8Lite(toLite(graph), ranges);
  return { [`${source.name}.tflite`]: [encodeLite(model, liteFile(source))] };
};

/** The kernels, which do not depend on the images that the other integers were chosen on. */
export const tfliteInt8Contents: Contents = {
  expected(source) {
    const kernels = integerKernels(toLite(answerGraph(source)));
    return new Map(
      kernels.map(({ name, shape, data, quantization }) => {
        const { scale, axis } = quantization!;
        const inner = elements(shape.slice(axis + 1));
        const numbers = Float32Array.from(
          data as Int8Array,
          (value, at) => value * scale[Math.floor(at / inner) % scale.length]!,
        );
        return [name, { shape, data: numbers }];
      }),
    );
  },
  found: async ({ name }, read) => readKernels(await read(`${name}.tflite`)),
};
