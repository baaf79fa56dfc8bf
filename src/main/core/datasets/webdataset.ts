/** WebDataset (github.com/webdataset/webdataset): tar files whose entries of one image lie together. */
import { writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Header } from 'tar';
import type { DatasetImage, Format } from './format.ts';
import { openShards } from './shards.ts';

const BLOCK = 512;

/** An entry: its header, its bytes, and zeros up to the next block. */
function entry(path: string, bytes: Uint8Array): Uint8Array[] {
  const header = new Header({ path, size: bytes.length, mode: 0o644, type: 'File' });
  const block = Buffer.alloc(BLOCK);
  header.encode(block);
  return [block, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)];
}

function record(image: DatasetImage, bytes: Uint8Array): Uint8Array[] {
  // Keys end at the first dot, so they carry no names; those are in the JSON.
  const key = String(image.id).padStart(9, '0');
  const { fileName, className, label, split, width, height, sha256 } = image;
  const about = { fileName, class: className, label, split, width, height, sha256 };
  return [
    ...entry(`${key}${extname(fileName).toLowerCase()}`, bytes),
    ...(label === null ? [] : entry(`${key}.cls`, Buffer.from(String(label)))),
    ...entry(`${key}.json`, Buffer.from(JSON.stringify(about))),
  ];
}

export const webDataset: Format = {
  id: 'webdataset',
  name: 'WebDataset',
  purpose: 'Tar files to stream into PyTorch, from a disk or a bucket.',
  unlabeled: true,
  usage: `\`.cls\` is the index into \`classes.json\`; an image without a label has none.

\`\`\`python
import webdataset
train = webdataset.WebDataset("train-000000.tar", shardshuffle=False).decode("pil")
\`\`\`
`,
  open: (directory, { classes }) =>
    openShards(directory, {
      extension: 'tar',
      record,
      // Two blocks of zeros end an archive.
      end: Buffer.alloc(2 * BLOCK),
      finish: () => writeFile(join(directory, 'classes.json'), `${JSON.stringify(classes)}\n`),
    }),
};
