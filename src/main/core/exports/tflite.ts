/** TensorFlow Lite, now also called LiteRT: for phones, small computers and microcontrollers. */
import { exampleModel, tfliteExample } from './examples.ts';
import { labelsFile, type ExportSource, type Format } from './format.ts';

const modelFile = (source: ExportSource): string => `${source.name}.tflite`;

function tfliteFormat(about: Pick<Format, 'id' | 'name' | 'purpose'>): Format {
  return {
    ...about,
    modelFiles: (source) => [modelFile(source)],
    beside: (source) => {
      const text = tfliteExample(exampleModel(source, modelFile(source)));
      return [labelsFile(source), { name: 'example.py', text, language: 'Python' }];
    },
    check: { kind: 'contents', tolerance: 0 },
    usage,
  };
}

export const tflite = tfliteFormat({
  id: 'tflite',
  name: 'TFLite',
  purpose: 'For Android, iOS and small computers with TensorFlow Lite or LiteRT.',
});

export const tfliteInt8 = tfliteFormat({
  id: 'tflite-int8',
  name: 'TFLite, 8-bit integers',
  purpose:
    'A quarter of the size of TFLite, for phones’ and boards’ integer units; the integers are chosen on images of this project.',
});

function usage(source: ExportSource): string {
  const { height, width, channels } = source.run.spec.input;
  return `## Use it

\`\`\`
pip install ai-edge-litert pillow numpy
python example.py photo.jpg
\`\`\`

| | type | shape |
| --- | --- | --- |
| input | uint8 | [1, ${height}, ${width}, ${channels}], ${channels === 1 ? 'grey (0.299 R + 0.587 G + 0.114 B)' : 'RGB'}, 0 to 255 |
| output | float32 | [1, ${source.classNames.length}], probabilities in the order of \`labels.json\`, which sum to 1 |

Scale pictures to ${width} × ${height} before, with antialiasing (in Pillow, \`BILINEAR\` is what the app does), turn
photos upright (EXIF) and put transparent ones on white, as the example does. Everything else is part of
the model. Several pictures at once: \`resize_tensor_input\`.
`;
}
