/** Every text of the export screen. */
import type { ExportRecord } from '#shared/contract/index.ts';
import { bytes, count, integer, percent, scientific } from '../../ui/format.ts';

type Proof = NonNullable<ExportRecord['proof']>;

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
  },

  record: {
    title: (run: string, format: string) => `${run} as ${format}`,
    proof: 'Proof',
    /** 'Agrees on 1,000 / 1,000 images, largest difference 2e-7' */
    agrees: (proof: Proof): string =>
      `Agrees on ${integer(proof.agreement * proof.images)} / ${count(proof.images, 'image')}, largest difference ${scientific(proof.maxDifference)}`,
    passedHint:
      'The written file was loaded by itself and asked about images that the model did not learn from.',
    failed: 'Do not use this file: it does not answer as Fovea does.',
    failedHint: (proof: Proof): string =>
      `Same answer on ${integer(proof.agreement * proof.images)} of ${count(proof.images, 'image')} (${percent(proof.agreement)}), largest difference of a probability ${scientific(proof.maxDifference)}. Export it again; if it happens again, report it.`,
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
