/** TFRecord files of tf.train.Example (tensorflow.org/tutorials/load_data/tfrecord). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import protobuf from 'protobufjs/light.js';
import { crc32c } from './crc32c.ts';
import type { DatasetImage, Format } from './format.ts';
import { openShards } from './shards.ts';

const list = (type: string) => ({ fields: { value: { rule: 'repeated', type, id: 1 } } });

/** tensorflow/core/example/{example,feature}.proto */
const Example = protobuf.Root.fromJSON({
  options: { syntax: 'proto3' },
  nested: {
    BytesList: list('bytes'),
    FloatList: list('float'),
    Int64List: list('int64'),
    Feature: {
      oneofs: { kind: { oneof: ['bytesList', 'floatList', 'int64List'] } },
      fields: {
        bytesList: { type: 'BytesList', id: 1 },
        floatList: { type: 'FloatList', id: 2 },
        int64List: { type: 'Int64List', id: 3 },
      },
    },
    // A map is written as its entries.
    Entry: { fields: { key: { type: 'string', id: 1 }, value: { type: 'Feature', id: 2 } } },
    Features: { fields: { feature: { rule: 'repeated', type: 'Entry', id: 1 } } },
    Example: { fields: { features: { type: 'Features', id: 1 } } },
  },
}).lookupType('Example');

const bytesOf = (value: Uint8Array | string) => ({
  bytesList: { value: [typeof value === 'string' ? Buffer.from(value) : value] },
});
const integer = (value: number) => ({ int64List: { value: [value] } });

/** Names of features as TensorFlow's own scripts for image data sets give them. */
function example(image: DatasetImage, bytes: Uint8Array): Uint8Array {
  const features = {
    'image/encoded': bytesOf(bytes),
    'image/format': bytesOf(image.format),
    'image/filename': bytesOf(image.fileName),
    'image/height': integer(image.height),
    'image/width': integer(image.width),
    'image/class/label': integer(image.label ?? -1),
    'image/class/text': bytesOf(image.className ?? ''),
    'image/key/sha256': bytesOf(image.sha256),
  };
  const feature = Object.entries(features).map(([key, value]) => ({ key, value }));
  return Example.encode(Example.fromObject({ features: { feature } })).finish();
}

/** A checksum is turned and moved, since checksums of data with checksums inside are weak. */
function masked(bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes);
  const turned = ((crc >>> 15) | (crc << 17)) >>> 0;
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE((turned + 0xa282_ead8) % 2 ** 32);
  return buffer;
}

/** Length, its checksum, the data, their checksum. */
function record(image: DatasetImage, bytes: Uint8Array): Uint8Array[] {
  const data = example(image, bytes);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(data.length));
  return [length, masked(length), data, masked(data)];
}

export const tfRecord: Format = {
  id: 'tfrecord',
  name: 'TFRecord',
  purpose: 'Records to stream into TensorFlow and Keras, from a disk or a bucket.',
  unlabeled: true,
  usage: `Each record is a \`tf.train.Example\`. \`image/class/label\` is the index into \`classes.json\`, −1 without
a label.

\`\`\`python
import tensorflow as tf
features = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/class/label": tf.io.FixedLenFeature([], tf.int64),
}
records = tf.data.TFRecordDataset("train-000000.tfrecord")
train = records.map(lambda record: tf.io.parse_single_example(record, features))
\`\`\`
`,
  open: (directory, { classes }) =>
    openShards(directory, {
      extension: 'tfrecord',
      record,
      end: new Uint8Array(0),
      finish: () => writeFile(join(directory, 'classes.json'), `${JSON.stringify(classes)}\n`),
    }),
};
