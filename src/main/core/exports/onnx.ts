/** ONNX with the preprocessing inside: a picture of any size in, probabilities out. */
import { join } from 'node:path';
import { exampleModel, javascriptExample, pythonExample } from './examples.ts';
import {
  exact,
  integers,
  labelsFile,
  type ExportSource,
  type Format,
  type Tolerance,
} from './format.ts';

const modelFile = (source: ExportSource): string => `${source.name}.onnx`;

/** All kinds of ONNX are asked and used alike. */
function onnxFormat(
  kind: Pick<Format, 'id' | 'name' | 'purpose'> & { tolerance: Tolerance },
): Format {
  const { tolerance, ...about } = kind;
  return {
    ...about,
    modelFiles: (source) => [modelFile(source)],
    beside: (source) => {
      const model = exampleModel(source, modelFile(source));
      return [
        labelsFile(source),
        { name: 'example.mjs', text: javascriptExample(model), language: 'JavaScript' },
        { name: 'example.py', text: pythonExample(model), language: 'Python' },
      ];
    },

    check: {
      kind: 'answers',
      tolerance,
      ask: (engine, source, directory, set, options) =>
        engine.runExported({ file: join(directory, modelFile(source)), set }, options),
    },

    usage,
  };
}

export const onnx = onnxFormat({
  id: 'onnx',
  name: 'ONNX',
  purpose:
    'Runs in Python, JavaScript, C#, C++, Java and on phones with ONNX Runtime; scaling and normalising the picture are part of the file.',
  tolerance: exact,
});

export const onnxFloat16 = onnxFormat({
  id: 'onnx-fp16',
  name: 'ONNX, half precision',
  purpose:
    'Half the size of ONNX and used like it; faster on graphics cards and phones that compute in float16.',
  tolerance: { agreement: 0.99, difference: 1e-2 },
});

export const onnxInt8 = onnxFormat({
  id: 'onnx-int8',
  name: 'ONNX, 8-bit integers',
  purpose:
    'A quarter of the size of ONNX and faster on most processors; the integers are chosen on images of this project.',
  tolerance: integers,
});

function usage(source: ExportSource): string {
  const { height, width, channels } = source.run.spec.input;
  return `## Use it

With Node.js:

\`\`\`
npm install onnxruntime-node sharp
node example.mjs photo.jpg
\`\`\`

With Python:

\`\`\`
pip install onnxruntime pillow numpy
python example.py photo.jpg
\`\`\`

| | name | type | shape |
| --- | --- | --- | --- |
| input | \`image\` | uint8 | [batch, height, width, ${channels}], ${channels === 1 ? 'grey (0.299 R + 0.587 G + 0.114 B)' : 'RGB'}, 0 to 255, any height and width |
| output | \`probabilities\` | float32 | [batch, ${source.classNames.length}], in the order of \`labels.json\`, each row sums to 1 |

The model scales each picture to ${width} × ${height} by itself and divides by 255. Turn photos upright
(EXIF) and put transparent ones on white before, as the examples do.
`;
}
