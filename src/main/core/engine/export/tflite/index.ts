/** TensorFlow Lite (LiteRT): a picture of the model's size in, probabilities out. */
import { answerGraph } from '../answer-graph.ts';
import type { Contents, Converter, ModelSource } from '../converter.ts';
import { toLite } from './convert.ts';
import { encodeLite, type LiteFile } from './flatbuffer.ts';
import { readConstants } from './read.ts';

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
