/** TensorFlow.js layers model: `model.json` and its weights, for browsers and Node. */
import { labelsFile, type Format } from './format.ts';
import { kerasFacts } from './keras.ts';
import { tfjsExample } from './keras-examples.ts';

const EXAMPLE = 'example.html';

export const tfjs: Format = {
  id: 'tfjs',
  name: 'TensorFlow.js',
  purpose:
    'model.json and weights for web pages and Node with TensorFlow.js; can be trained on there.',
  // The shards are as many as the weights need.
  modelFiles: () => ['model.json'],
  beside: (source) => [
    labelsFile(source),
    { name: EXAMPLE, text: tfjsExample(source.run.spec.input), language: 'HTML' },
  ],
  check: { kind: 'contents', tolerance: 0 },
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
