/** PyTorch: the model as a program that one can change, its weights beside it. */
import { pyTorchExample } from './examples.ts';
import { labelsFile, type Format } from './format.ts';

export const pytorch: Format = {
  id: 'pytorch',
  name: 'PyTorch',
  purpose:
    'A short model.py with a module for each layer, and the weights as safetensors: read it, change it, train it on.',
  modelFiles: () => ['model.py', 'model.safetensors'],
  beside: (source) => [
    labelsFile(source),
    { name: 'example.py', text: pyTorchExample, language: 'Python' },
  ],
  check: { kind: 'contents', tolerance: 0 },

  usage: (source) => {
    const { height, width, channels } = source.run.spec.input;
    return `## Use it

\`\`\`
pip install torch safetensors pillow numpy
python example.py photo.jpg
\`\`\`

\`model.py\` is a plain PyTorch program: \`Model\` has one module for each layer, under the name that
the layer has in Fovea, and takes float32 [batch, ${channels}, ${height}, ${width}], pixels divided by 255, to logits.
\`load()\` gives the trained model, \`prepare()\` scales a picture as Fovea does, \`probabilities()\` gives
an answer for each class in the order of \`labels.json\`.

To train on, take the weights without the rest:

\`\`\`python
from safetensors.torch import load_file
from model import Model

model = Model()
model.load_state_dict(load_file("model.safetensors"))
model.train()
\`\`\`

\`model.safetensors\` runs no code when it is read. Kernels of convolutions are [filters, channels,
height, width], those of \`nn.Linear\` [units, inputs]. Training takes the logits:
${source.run.spec.loss === 'crossentropy' ? '\`nn.CrossEntropyLoss\`.' : '\`nn.BCEWithLogitsLoss\` on one-hot classes (on the class itself where there is one logit).'}
`;
  },
};
