/** TensorFlow.js layers model: `model.json` and its weights, for browsers and Node. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJob, LABELS, labelsText, type Format } from './format.ts';
import { kerasFacts } from './keras.ts';
import { tfjsExample } from './keras-examples.ts';

const EXAMPLE = 'example.html';

export const tfjs: Format = {
  id: 'tfjs',
  name: 'TensorFlow.js',
  purpose:
    'model.json and weights for web pages and Node with TensorFlow.js; can be trained on there.',
  // The shards are as many as the weights need.
  fileNames: () => ['model.json', LABELS, EXAMPLE],
  async write({ engine }, source, directory, options) {
    await engine.exportModel(exportJob('tfjs', source, directory), options);
    await writeFile(join(directory, LABELS), labelsText(source));
    await writeFile(join(directory, EXAMPLE), tfjsExample(source.run.spec.input));
  },
  check: { kind: 'contents', tolerance: 0 },
  examples: (source) => [{ language: 'HTML', code: tfjsExample(source.run.spec.input) }],
  usage: (source) => `## Use it

\`\`\`
npm install @tensorflow/tfjs
python3 -m http.server
\`\`\`

Open http://localhost:8000/${EXAMPLE} and choose a picture. The page shows how the model is loaded
(\`tf.loadLayersModel('model.json')\`) and how a picture is prepared: upright, on white, scaled by an
antialiased filter. TensorFlow.js’ own \`resizeBilinear\` takes single pixels and gives other answers.

${kerasFacts(source)}
`,
};
