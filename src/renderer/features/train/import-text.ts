/** Every text of taking in a model of another program. */
import { count } from '../../ui/format.ts';

export const importText = {
  open: 'Import a model…',
  title: 'Import a model',
  description:
    'A classifier trained in Keras, TensorFlow.js or PyTorch becomes a run here: evaluate it, look inside, go on training from its weights.',
  drop: 'Drop the model here',
  what: '.keras, .h5, a TensorFlow.js model.json with its weight files, or PyTorch weights (.safetensors, .pt). A folder will do.',
  model: 'The model that the weights are for',
  modelOfFile: 'The file says it',
  files: 'Choose files…',
  folder: 'Choose a folder…',
  filesTitle: 'A model, and its weight files if it has some',
  folderTitle: 'The folder of a model',
  chosen: (name: string, files: number) => (files > 1 ? `${name} · ${count(files, 'file')}` : name),
  more: 'Class names and pixels',
  name: 'Name of the run',
  namePlaceholder: 'The file’s',
  classes: 'Class names',
  classesHint:
    'One a line, in the order of the model’s outputs. Empty: as the file says, else this project’s.',
  pixels: 'Pixels as it was trained',
  pixelsHint: 'The range that the model takes brightness in. A wrong one gives wrong answers.',
  ranges: {
    auto: {
      label: 'Tell from its first layer',
      detail: '0 to 255 where it begins with a rescaling',
    },
    '0-1': { label: '0 to 1', detail: 'Most models' },
    '0-255': { label: '0 to 255', detail: 'Pixels as files have them' },
  },
  start: 'Import',
  cancel: 'Cancel',
  done: (name: string) => `${name} is a run now`,
} as const;
