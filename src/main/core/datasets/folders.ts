/** A folder for each split, and in it one for each class. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetInfo, DatasetWriter, Format } from './format.ts';
import { splitName } from './format.ts';
import { classFolders, ImageFiles } from './image-files.ts';
import { safeName } from './names.ts';

/** `train/cat/photo.jpg`; images without a label lie in their split's folder. */
function openFolders(directory: string, { classes }: DatasetInfo): DatasetWriter {
  const files = new ImageFiles(directory);
  const folders = classFolders(classes, safeName);
  return {
    add: async ({ split, label, fileName }, bytes) => {
      const folder = label === null ? '' : `/${folders[label]!}`;
      await files.write(`${splitName(split)}${folder}`, fileName, bytes);
    },
    finish: () => Promise.resolve(),
  };
}

export const folders: Format = {
  id: 'folders',
  name: 'Class folders',
  purpose: 'Read by nearly everything: Keras, PyTorch, FastAI, Fovea itself.',
  unlabeled: true,
  usage: `\`<split>/<class>/<image>\`.

\`\`\`python
import keras
train = keras.utils.image_dataset_from_directory("train")
\`\`\`
`,
  open: openFolders,
};

export const imageFolder: Format = {
  id: 'imagefolder',
  name: 'Hugging Face ImageFolder',
  purpose: 'For the Python library datasets, or as a data set on the Hugging Face Hub.',
  unlabeled: false,
  usage: `\`\`\`python
from datasets import load_dataset
data = load_dataset("path/to/this/folder")
\`\`\`
`,
  open(directory, info) {
    const writer = openFolders(directory, info);
    const splits = new Set<string>();
    return {
      add: async (image, bytes) => {
        splits.add(splitName(image.split));
        await writer.add(image, bytes);
      },
      finish: () => writeFile(join(directory, 'README.md'), card(info, [...splits])),
    };
  },
};

/** The Hub's data set card: its head tells the library which files are which split. */
function card({ project }: DatasetInfo, splits: readonly string[]): string {
  const files = splits.map((split) => `      - split: ${split}\n        path: "${split}/**"`);
  return `---
task_categories:
  - image-classification
pretty_name: ${JSON.stringify(project)}
configs:
  - config_name: default
    data_files:
${files.join('\n')}
---

`;
}
