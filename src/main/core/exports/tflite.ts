/** TensorFlow Lite, now also called LiteRT: for phones, small computers and microcontrollers. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calibrationImages } from './calibration.ts';
import { tfliteExample, type ExampleModel } from './examples.ts';
import { exportJob, LABELS, labelsText, type ExportSource, type Format } from './format.ts';

const modelFile = (source: ExportSource): string => `${source.name}.tflite`;

const exampleModel = (source: ExportSource): ExampleModel => ({
  file: modelFile(source),
  channels: source.run.spec.input.channels,
});

function tfliteFormat(about: Pick<Format, 'id' | 'name' | 'purpose'>): Format {
  return {
    ...about,
    fileNames: (source) => [modelFile(source), LABELS, 'example.py'],

    async write({ engine, project }, source, directory, options) {
      const calibration = await calibrationImages(about.id, project, source, options.signal);
      await engine.exportModel({ ...exportJob(about.id, source, directory), calibration }, options);
      await writeFile(join(directory, LABELS), labelsText(source));
      await writeFile(join(directory, 'example.py'), tfliteExample(exampleModel(source)));
    },

    check: { kind: 'contents', tolerance: 0 },
    examples: (source) => [{ language: 'Python', code: tfliteExample(exampleModel(source)) }],
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
