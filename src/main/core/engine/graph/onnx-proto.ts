/**
 * The messages of onnx.proto3 (ONNX 1.17, IR version 10) that the engine writes and reads, as a
 * protobufjs descriptor. Field numbers are ONNX's own:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 *
 * What is only looked at is `bytes`: nested graphs, which are refused, and packed lists of numbers,
 * which would take many times their size as lists of JavaScript's.
 */
import protobuf from 'protobufjs/light.js';
import { message } from './proto-message.ts';

const dimension = {
  oneofs: { value: { oneof: ['dim_value', 'dim_param'] } },
  ...message({ dim_value: ['int64', 1], dim_param: ['string', 2] }),
};

const root = protobuf.Root.fromJSON({
  options: { syntax: 'proto3' },
  nested: {
    onnx: {
      nested: {
        ModelProto: message({
          ir_version: ['int64', 1],
          opset_import: ['OperatorSetIdProto', 8, 'repeated'],
          producer_name: ['string', 2],
          producer_version: ['string', 3],
          doc_string: ['string', 6],
          graph: ['GraphProto', 7],
          metadata_props: ['StringStringEntryProto', 14, 'repeated'],
          functions: ['bytes', 25, 'repeated'],
        }),
        OperatorSetIdProto: message({ domain: ['string', 1], version: ['int64', 2] }),
        StringStringEntryProto: message({ key: ['string', 1], value: ['string', 2] }),
        GraphProto: message({
          node: ['NodeProto', 1, 'repeated'],
          name: ['string', 2],
          initializer: ['TensorProto', 5, 'repeated'],
          input: ['ValueInfoProto', 11, 'repeated'],
          output: ['ValueInfoProto', 12, 'repeated'],
          sparse_initializer: ['bytes', 15, 'repeated'],
        }),
        NodeProto: message({
          input: ['string', 1, 'repeated'],
          output: ['string', 2, 'repeated'],
          name: ['string', 3],
          op_type: ['string', 4],
          attribute: ['AttributeProto', 5, 'repeated'],
          domain: ['string', 7],
        }),
        AttributeProto: message({
          name: ['string', 1],
          f: ['float', 2],
          i: ['int64', 3],
          s: ['bytes', 4],
          t: ['TensorProto', 5],
          g: ['bytes', 6],
          floats: ['float', 7, 'repeated'],
          ints: ['int64', 8, 'repeated'],
          strings: ['bytes', 9, 'repeated'],
          graphs: ['bytes', 11, 'repeated'],
          type: ['int32', 20],
        }),
        TensorProto: message({
          dims: ['int64', 1, 'repeated'],
          data_type: ['int32', 2],
          float_data: ['bytes', 4],
          int32_data: ['bytes', 5],
          int64_data: ['bytes', 7],
          name: ['string', 8],
          raw_data: ['bytes', 9],
          double_data: ['bytes', 10],
          uint64_data: ['bytes', 11],
          external_data: ['StringStringEntryProto', 13, 'repeated'],
          data_location: ['int32', 14],
        }),
        ValueInfoProto: message({ name: ['string', 1], type: ['TypeProto', 2] }),
        TypeProto: message({
          tensor_type: ['TensorTypeProto', 1],
          sequence_type: ['SequenceTypeProto', 4],
        }),
        SequenceTypeProto: message({ elem_type: ['TypeProto', 1] }),
        TensorTypeProto: message({ elem_type: ['int32', 1], shape: ['TensorShapeProto', 2] }),
        TensorShapeProto: message({ dim: ['DimensionProto', 1, 'repeated'] }),
        DimensionProto: dimension,
      },
    },
  },
});

export const ModelProto = root.lookupType('onnx.ModelProto');

/** onnx.TensorProto.DataType */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const;

/** onnx.AttributeProto.AttributeType */
export const attributeTypes = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;
