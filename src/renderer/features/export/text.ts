/** Every text of the export screen. */
import type { ExportProof } from '#shared/contract/index.ts';
import { bytes, count, integer, percent, scientific } from '../../ui/format.ts';

export const text = {
  title: 'Export',
  model: 'Model',
  folder: 'Folder',
  folderHint: 'Made if it is not there yet.',
  change: 'Change…',
  chooseFolder: 'Folder for the exported model',
  export: 'Export',
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
    web: ['Drop pictures on it or use the camera. It asks nothing of a network.'],
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
