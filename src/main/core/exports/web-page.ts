/** A web page with the model inside: the one export that needs no program but a browser. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AppError } from '#shared/errors.ts';
import { pageElements } from '#shared/exported-page.ts';
import { exact, type ExportSource, type Format } from './format.ts';

const pageFile = (source: ExportSource): string => `${source.name}.html`;

const example = `// In the page itself: the probability of each class of any picture.
const picture = document.querySelector('input[type=file]').files[0];
const probabilities = await fovea.classify(picture);
const best = probabilities.indexOf(Math.max(...probabilities));
console.log(fovea.classes[best], probabilities[best]);
`;

export const webPage: Format = {
  id: 'web',
  name: 'Web page',
  purpose:
    'One HTML file to open, send or put on a website: it classifies dropped pictures and the camera’s, without a network.',
  modelFiles: (source) => [pageFile(source)],
  beside: () => [],

  check: {
    kind: 'answers',
    tolerance: exact,
    // The model that the page runs, taken out of it again.
    async ask(engine, source, directory, set, options) {
      const file = join(directory, '.model.onnx');
      await writeFile(file, modelIn(await readFile(join(directory, pageFile(source)), 'latin1')));
      try {
        return await engine.runExported({ file, set }, options);
      } finally {
        await rm(file);
      }
    },
  },

  snippets: [{ language: 'JavaScript', code: example }],

  usage: (source) => `## Use it

Open \`${pageFile(source)}\` in a browser of 2023 or newer (Chrome, Edge, Firefox, Safari): from the disk, from a
website, or sent by mail. Drop pictures on it, choose or paste them, or use the camera. Everything is
in the file: the model, its preprocessing, and ONNX Runtime, which runs it. The page's security policy
forbids every request, so pictures cannot leave it.

Browsers allow the camera to pages from the disk and over https.

Scripts on the page can ask it too:

\`\`\`js
${example}\`\`\`
`,
};

function modelIn(page: string): Buffer {
  const mark = `id="${pageElements.model}">`;
  const start = page.indexOf(mark) + mark.length;
  const end = page.indexOf('</script>', start);
  if (start < mark.length || end < 0) {
    throw new AppError('ENGINE_FAILED', 'The written page has no model inside.');
  }
  return gunzipSync(Buffer.from(page.slice(start, end), 'base64'));
}
