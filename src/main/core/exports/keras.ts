/** Keras, as one file: `.keras` of Keras 3, or the older `.h5`. */
import { labelsFile, type ExportSource, type Format } from './format.ts';
import { kerasExample } from './keras-examples.ts';

const EXAMPLE = 'example.py';

function kerasFormat(
  id: 'keras' | 'h5',
  { name, purpose }: Pick<Format, 'name' | 'purpose'>,
): Format {
  const modelFile = (source: ExportSource) => `${source.name}.${id}`;
  return {
    id,
    name,
    purpose,
    modelFiles: (source) => [modelFile(source)],
    beside: (source) => {
      const text = kerasExample(modelFile(source), source.run.spec.input);
      return [labelsFile(source), { name: EXAMPLE, text, language: 'Python' }];
    },
    check: { kind: 'contents', tolerance: 0 },
    usage: (source) => `## Use it

\`\`\`
pip install keras tensorflow pillow numpy
python ${EXAMPLE} photo.jpg
\`\`\`

${kerasFacts(source)}
Scale pictures with an antialiased bilinear filter, as Pillow’s \`BILINEAR\` and the example do; \`keras.layers.Resizing\`
takes single pixels unless its \`antialias\` is on. Turn photos upright (EXIF) and put transparent ones on
white before.

It is a functional model of plain Keras layers under the names that they have in Fovea; no code of its own
runs when it is loaded. \`model.layers\` can be trained on, cut or built upon.
`,
  };
}

/** What goes in and comes out. */
export function kerasFacts(source: ExportSource): string {
  const { height, width, channels } = source.run.spec.input;
  const colors = channels === 1 ? 'grey (0.299 R + 0.587 G + 0.114 B)' : 'RGB';
  return `| | type | shape |
| --- | --- | --- |
| input | float32 | [batch, ${height}, ${width}, ${channels}], ${colors}, 0 to 255: the model divides by 255 itself |
| output | float32 | [batch, ${source.classNames.length}], probabilities in the order of \`labels.json\` |
`;
}

export const keras = kerasFormat('keras', {
  name: 'Keras',
  purpose:
    'One .keras file for Keras 3 with TensorFlow, JAX or PyTorch: ask it, train it on, build upon it.',
});

export const kerasH5 = kerasFormat('h5', {
  name: 'Keras HDF5',
  purpose: 'The older .h5 file, for programs that do not read .keras yet.',
});
