/** Every text of the export screen. */
import type { ExportProof } from '#shared/contract/index.ts';
import { bytes, count, integer, percent, scientific } from '../../ui/format.ts';

export const text = {
  title: 'Export',
  model: 'Model',
  folder: 'Folder',
  folderHint: 'Made if it is not there yet. Each format gets a folder of its own in it.',
  change: 'Change…',
  chooseFolder: 'Folder for exported models',
  export: 'Export',
  again: 'Export again',
  exportAs: (format: string) => `Export as ${format}`,
  about: (size: number) => `about ${bytes(size)}`,
  /** '5 min ago · 1,000 / 1,000 agree' */
  written: (when: string, proof: ExportProof | null): string =>
    proof === null
      ? when
      : proof.kind === 'contents'
        ? `${when} · ${count(proof.tensors, 'tensor')} checked`
        : `${when} · ${integer(proof.agreement * proof.images)} / ${integer(proof.images)} agree`,
  running: 'Writing the model…',
  cancel: 'Cancel',
  newExport: 'New export',
  earlier: 'Exports',
  resize: 'Resize the list of exports',
  none: 'Exported models are listed here, with their proof.',
  status: (exports: number) => (exports === 0 ? '' : count(exports, 'export')),
  contents: {
    onnx: [
      'Class names and where the model comes from travel in the file.',
      'Loaded again after writing and compared with Fovea’s own answers.',
    ],
    'onnx-fp16': ['Pictures go in and probabilities come out as in ONNX.'],
    'tflite-int8': [
      'Try it on pictures that you know: what it costs in accuracy is not measured here.',
    ],
    keras: ['Plain Keras layers under the names that they have in Fovea.'],
    h5: ['The same model as Keras wrote it before version 3.'],
    'keras-project': ['The optimizer begins anew; what Keras cannot do alike is in the README.'],
    tfjs: ['A web page as an example is beside it.'],
    tflite: ['Pixels go in as they are, 0 to 255, scaled to the model’s size.'],
    coreml: [
      'Picture in, class names out: Xcode shows it with a preview. Not run on an Apple device here.',
    ],
    web: ['Drop pictures on it or use the camera. It asks nothing of a network.'],
    'onnx-int8': ['What it costs in accuracy is measured on held-out images and said here.'],
    pytorch: [
      'One module for each layer, under its name in Fovea; nothing runs when it is loaded.',
    ],
  },

  record: {
    title: (run: string, format: string) => `${run} as ${format}`,
    proof: 'Proof',
    /** 'Agrees on 1,000 / 1,000 images, largest difference 2e-7' */
    agrees: (proof: ExportProof): string =>
      proof.kind === 'contents'
        ? `Read again: ${count(proof.tensors, 'tensor')}, largest difference ${scientific(proof.maxDifference)}`
        : `Agrees on ${integer(proof.agreement * proof.images)} / ${count(proof.images, 'image')}, largest difference ${scientific(proof.maxDifference)}`,
    /** Where rounding changed answers: what it costs. */
    cost: (proof: ExportProof): string =>
      proof.kind === 'answers' && proof.accuracy && proof.accuracy.app !== proof.accuracy.file
        ? `The file is right on ${percent(proof.accuracy.file)} of them, Fovea on ${percent(proof.accuracy.app)}.`
        : '',
    passedHint: {
      answers:
        'The written file was loaded by itself and asked about images that the model did not learn from.',
      contents:
        'Fovea does not run this format: it read the files again and compared every number in them.',
    },
    failed: 'Do not use this file: it is not the model that Fovea has.',
    failedHint: (proof: ExportProof): string =>
      proof.kind === 'contents'
        ? `${count(proof.tensors, 'tensor')} were found, the largest difference of a number is ${scientific(proof.maxDifference)}. Export it again; if it happens again, report it.`
        : `Same answer on ${integer(proof.agreement * proof.images)} of ${count(proof.images, 'image')} (${percent(proof.agreement)}), largest difference of a probability ${scientific(proof.maxDifference)}. Export it again; if it happens again, report it.`,
    unproven: 'Not compared: there were no images to compare on.',
    files: 'Files',
    total: (size: number) => bytes(size),
    folder: 'Folder',
    show: 'Show in folder',
    copyPath: 'Copy path',
    examples: 'Use it',
    copy: 'Copy',
    copied: 'Copied',
    model: (which: 'best' | 'last') => (which === 'best' ? 'best epoch' : 'last epoch'),
    gone: 'deleted run',
  },
  empty: {
    noRuns: 'Nothing to export yet',
    noRunsBody: 'Train a model first; then take it away as a file that runs anywhere.',
    noLabels: 'Label at least two classes first',
    noLabelsBody: 'A model needs labeled pictures of two classes or more to learn from.',
    train: 'Train a model',
    label: 'Label images',
  },
} as const;
