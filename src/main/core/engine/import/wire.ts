/** Looks at a protobuf message before it is decoded, so that decoding cannot take much memory. */
import protobuf from 'protobufjs/light.js';
import { ModelProto } from '../graph/onnx-proto.ts';

/**
 * Fields and list entries in one file. Models have tens of thousands; each becomes an object or a
 * number of some tens of bytes.
 */
const MOST_FIELDS = 2_000_000;
const DEEPEST = 16;

const wireTypes: Readonly<Record<string, number>> = { float: 5, string: 2, bytes: 2 };

/** Throws an Error that says why, if this is not a message of `ModelProto` of bearable size. */
export function checkWire(bytes: Uint8Array): void {
  ModelProto.root.resolveAll();
  let fields = 0;
  const count = (more: number) => {
    fields += more;
    if (fields > MOST_FIELDS) throw new Error('it has too many parts');
  };
  const walk = (type: protobuf.Type, message: Uint8Array, depth: number): void => {
    if (depth > DEEPEST) throw new Error('it is nested too deeply');
    const reader = protobuf.Reader.create(message);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const wireType = tag & 7;
      const field = type.fieldsById[tag >>> 3];
      count(1);
      if (!field) {
        reader.skipType(wireType);
        continue;
      }
      const inner = field.resolvedType instanceof protobuf.Type ? field.resolvedType : null;
      const expected = inner ? 2 : (wireTypes[field.type] ?? 0);
      if (wireType === 2) {
        const part = reader.bytes();
        if (inner) walk(inner, part, depth + 1);
        else if (expected === 2) continue;
        else if (field.repeated) count(part.length);
        else throw new Error(`its ${field.name} is of the wrong kind`);
      } else if (wireType === expected) {
        reader.skipType(wireType);
      } else {
        throw new Error(`its ${field.name} is of the wrong kind`);
      }
    }
  };
  walk(ModelProto, bytes, 0);
}
