/**
 * The messages of Core ML's Model.proto, FeatureTypes.proto and MIL.proto (coremltools 9.0) that a
 * classifier needs, as a protobufjs descriptor. Field numbers are Apple's own:
 * https://github.com/apple/coremltools/tree/main/mlmodel/format
 */
import protobuf from 'protobufjs/light.js';
import { message, type ProtoFields } from '../../graph/proto-message.ts';

/** With fields that are maps from strings. */
function withMaps(fields: ProtoFields, maps: Readonly<Record<string, readonly [string, number]>>) {
  const all: Record<string, { type: string; id: number }> = { ...message(fields).fields };
  for (const [name, [type, id]] of Object.entries(maps)) {
    const map: protobuf.IMapField = { keyType: 'string', type, id };
    all[name] = map;
  }
  return { fields: all };
}

/** Numbers of lists are packed, as everywhere in proto3. */
const list = (type: string) => message({ values: [type, 1, 'repeated'] });

const mil = {
  Program: withMaps(
    { version: ['int64', 1] },
    { functions: ['Function', 2], attributes: ['Value', 4] },
  ),
  Function: withMaps(
    { inputs: ['NamedValueType', 1, 'repeated'], opset: ['string', 2] },
    { block_specializations: ['Block', 3] },
  ),
  Block: message({ outputs: ['string', 2, 'repeated'], operations: ['Operation', 3, 'repeated'] }),
  Argument: message({ arguments: ['Binding', 1, 'repeated'] }),
  Binding: message({ name: ['string', 1], value: ['Value', 2] }),
  Operation: withMaps(
    { type: ['string', 1], outputs: ['NamedValueType', 3, 'repeated'] },
    { inputs: ['Argument', 2], attributes: ['Value', 5] },
  ),
  NamedValueType: message({ name: ['string', 1], type: ['ValueType', 2] }),
  ValueType: message({
    tensorType: ['TensorType', 1],
    listType: ['ListType', 2],
    dictionaryType: ['DictionaryType', 4],
  }),
  TensorType: message({
    dataType: ['int32', 1],
    rank: ['int64', 2],
    dimensions: ['Dimension', 3, 'repeated'],
  }),
  ListType: message({ type: ['ValueType', 1], length: ['Dimension', 2] }),
  DictionaryType: message({ keyType: ['ValueType', 1], valueType: ['ValueType', 2] }),
  Dimension: message({ constant: ['ConstantDimension', 1] }),
  ConstantDimension: message({ size: ['uint64', 1] }),
  Value: message({
    type: ['ValueType', 2],
    immediateValue: ['ImmediateValue', 3],
    blobFileValue: ['BlobFileValue', 5],
  }),
  ImmediateValue: message({ tensor: ['TensorValue', 1], list: ['ListValue', 3] }),
  BlobFileValue: message({ fileName: ['string', 1], offset: ['uint64', 2] }),
  ListValue: message({ values: ['Value', 1, 'repeated'] }),
  TensorValue: message({
    floats: ['Floats', 1],
    ints: ['Ints', 2],
    bools: ['Bools', 3],
    strings: ['Strings', 4],
  }),
  Floats: list('float'),
  Ints: list('int32'),
  Bools: list('bool'),
  Strings: list('string'),
};

const root = protobuf.Root.fromJSON({
  options: { syntax: 'proto3' },
  nested: {
    coreml: {
      nested: {
        Model: message({
          specificationVersion: ['int32', 1],
          description: ['ModelDescription', 2],
          mlProgram: ['mil.Program', 502],
        }),
        ModelDescription: message({
          input: ['FeatureDescription', 1, 'repeated'],
          output: ['FeatureDescription', 10, 'repeated'],
          predictedFeatureName: ['string', 11],
          predictedProbabilitiesName: ['string', 12],
          metadata: ['Metadata', 100],
        }),
        Metadata: withMaps(
          { shortDescription: ['string', 1], versionString: ['string', 2], author: ['string', 3] },
          { userDefined: ['string', 100] },
        ),
        FeatureDescription: message({
          name: ['string', 1],
          shortDescription: ['string', 2],
          type: ['FeatureType', 3],
        }),
        FeatureType: message({
          stringType: ['StringFeatureType', 3],
          imageType: ['ImageFeatureType', 4],
          dictionaryType: ['DictionaryFeatureType', 6],
        }),
        StringFeatureType: message({}),
        ImageFeatureType: message({
          width: ['int64', 1],
          height: ['int64', 2],
          colorSpace: ['int32', 3],
        }),
        DictionaryFeatureType: message({ stringKeyType: ['StringFeatureType', 2] }),
        mil: { nested: mil },
      },
    },
  },
});

export const CoreMLModel = root.lookupType('coreml.Model');

/** ImageFeatureType.ColorSpace */
export const colorSpaces = { grey: 10, rgb: 20 } as const;

/** MILSpec.DataType */
export const milTypes = { bool: 1, string: 2, float32: 11, float64: 12, int32: 23 } as const;
export type MilType = keyof typeof milTypes;
