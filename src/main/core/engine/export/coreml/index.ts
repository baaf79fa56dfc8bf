/** Core ML: an `.mlpackage` with an ML program that takes a picture and answers with class names. */
import { createHash } from 'node:crypto';
import type { FloatTensor } from '../../checkpoint/safetensors.ts';
import { answerGraph } from '../answer-graph.ts';
import type { Contents, Converter, ModelSource } from '../converter.ts';
import { readBlob } from './blob.ts';
import { stringValue, tensorType, WEIGHTS } from './builder.ts';
import { toMil } from './convert.ts';
import { colorSpaces, CoreMLModel } from './proto.ts';

/** iOS 15 and macOS 12, the first that read ML programs. */
const SPECIFICATION = 6;
const OPSET = 'CoreML5';
const OUTPUTS = { label: 'classLabel', probabilities: 'classLabel_probs' } as const;
const DATA = 'Data/com.apple.CoreML';

/** The files of the package, by their names in the export. */
export function packageFiles(name: string) {
  const folder = `${name}.mlpackage`;
  return {
    manifest: `${folder}/Manifest.json`,
    model: `${folder}/${DATA}/model.mlmodel`,
    weights: `${folder}/${DATA}/${WEIGHTS}`,
  };
}

export const toCoreMl: Converter = (source) => {
  const { model, weights } = encode(source);
  const files = packageFiles(source.name);
  return {
    [files.manifest]: [manifest(model)],
    [files.model]: [model],
    [files.weights]: weights,
  };
};

function encode(source: ModelSource): { model: Uint8Array; weights: Uint8Array[] } {
  const { classNames, metadata, model } = source;
  const { g, probabilities } = toMil(answerGraph(source));
  const { b, image } = g;
  const text = tensorType('string', []);
  const classes = {
    type: { listType: { type: text, length: { constant: { size: classNames.length } } } },
    immediateValue: { list: { values: classNames.map(stringValue) } },
  };
  const answers = { dictionaryType: { keyType: text, valueType: tensorType('float64', []) } };
  b.operation(
    'classify',
    { probabilities },
    [
      { name: OUTPUTS.label, type: text },
      { name: OUTPUTS.probabilities, type: answers },
    ],
    { classes: { arguments: [{ value: classes }] } },
  );
  const { operations, weights } = b.finish();
  const { height, width, channels } = model.input;
  const colorSpace = channels === 1 ? colorSpaces.grey : colorSpaces.rgb;
  const block = { outputs: Object.values(OUTPUTS), operations };
  const main = {
    inputs: [{ name: image.name, type: tensorType('float32', image.shape) }],
    opset: OPSET,
    block_specializations: { [OPSET]: block },
  };
  const bytes = CoreMLModel.encode({
    specificationVersion: SPECIFICATION,
    description: {
      input: [
        {
          name: image.name,
          shortDescription: `A picture of ${width} × ${height} pixels`,
          type: { imageType: { width, height, colorSpace } },
        },
      ],
      output: [
        {
          name: OUTPUTS.label,
          shortDescription: 'The most probable class',
          type: { stringType: {} },
        },
        {
          name: OUTPUTS.probabilities,
          shortDescription: 'The probability of each class',
          type: { dictionaryType: { stringKeyType: {} } },
        },
      ],
      predictedFeatureName: OUTPUTS.label,
      predictedProbabilitiesName: OUTPUTS.probabilities,
      metadata: {
        shortDescription: `Image classifier ${model.name}`,
        author: metadata['producer'] ?? 'Fovea',
        userDefined: metadata,
      },
    },
    mlProgram: { version: 1, functions: { main } },
  }).finish();
  return { model: bytes, weights };
}

/** Items have names that are unique in the package: made of the model, so that it is always the same. */
function manifest(model: Uint8Array): Uint8Array {
  const identifier = (what: string) => {
    const hex = createHash('sha256').update(what).update(model).digest('hex');
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
  };
  const author = 'com.apple.CoreML';
  const item = (name: string, description: string) => ({
    author,
    description,
    name,
    path: `${author}/${name}`,
  });
  const [model_, weights] = ['model.mlmodel', 'weights'].map(identifier) as [string, string];
  const content = {
    fileFormatVersion: '1.0.0',
    itemInfoEntries: {
      [model_]: item('model.mlmodel', 'CoreML Model Specification'),
      [weights]: item('weights', 'CoreML Model Weights'),
    },
    rootModelIdentifier: model_,
  };
  return new TextEncoder().encode(`${JSON.stringify(content, null, 4)}\n`);
}

interface Const {
  type: string;
  outputs: {
    name: string;
    type: { tensorType: { dimensions?: { constant: { size: number } }[] } };
  }[];
  attributes: {
    val: {
      immediateValue?: { tensor?: { floats?: { values: number[] } } };
      blobFileValue?: { offset: number };
    };
  };
}

/** The numbers of every float32 constant. */
export const coreMlContents: Contents = {
  expected: (source) => toMil(answerGraph(source)).g.b.constants,
  async found({ name }, read) {
    const files = packageFiles(name);
    const weights = await read(files.weights);
    const model = CoreMLModel.toObject(CoreMLModel.decode(await read(files.model)), {
      longs: Number,
    }) as {
      mlProgram: {
        functions: { main: { block_specializations: Record<string, { operations: Const[] }> } };
      };
    };
    const { operations } = model.mlProgram.functions.main.block_specializations[OPSET]!;
    const found = new Map<string, FloatTensor>();
    for (const { type, outputs, attributes } of operations) {
      if (type !== 'const') continue;
      const { blobFileValue: stored, immediateValue } = attributes.val;
      const few = immediateValue?.tensor?.floats?.values;
      const data = stored ? readBlob(weights, stored.offset) : few && Float32Array.from(few);
      if (!data) continue;
      const { name, type: declared } = outputs[0]!;
      const shape = (declared.tensorType.dimensions ?? []).map(({ constant }) => constant.size);
      found.set(name, { shape, data });
    }
    return found;
  },
};
