/** COCO's JSON for classification: an annotation is an image's category, without a box. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Format } from './format.ts';
import { splitName } from './format.ts';
import { ImageFiles } from './image-files.ts';

interface CocoImage {
  id: number;
  file_name: string;
  width: number;
  height: number;
}

interface CocoAnnotation {
  id: number;
  image_id: number;
  category_id: number;
}

export const coco: Format = {
  id: 'coco',
  name: 'COCO JSON',
  purpose: 'For annotation tools and training programs that read COCO files.',
  unlabeled: true,
  usage: `Images in \`images/<split>\`, categories in \`annotations/<split>.json\`; an image without an
annotation has no label.

\`\`\`python
import json
coco = json.load(open("annotations/train.json", encoding="utf-8"))
\`\`\`
`,
  open(directory, info) {
    const files = new ImageFiles(directory);
    const splits = new Map<string, { images: CocoImage[]; annotations: CocoAnnotation[] }>();
    return {
      async add({ id, split, fileName, width, height, label }, bytes) {
        const name = splitName(split);
        const file = await files.write(`images/${name}`, fileName, bytes);
        const part = splits.get(name) ?? { images: [], annotations: [] };
        splits.set(name, part);
        part.images.push({ id, file_name: file.slice(`images/${name}/`.length), width, height });
        // Categories count from 1, as COCO's do.
        if (label !== null) part.annotations.push({ id, image_id: id, category_id: label + 1 });
      },
      async finish() {
        await mkdir(join(directory, 'annotations'));
        const categories = info.classes.map((name, index) => ({ id: index + 1, name }));
        for (const [split, part] of splits) {
          const text = JSON.stringify({
            info: {
              description: info.project,
              version: '1.0',
              contributor: `Fovea ${info.version}`,
            },
            licenses: [],
            categories,
            ...part,
          });
          await writeFile(join(directory, 'annotations', `${split}.json`), `${text}\n`);
        }
      },
    };
  },
};
