/** Words of Library: import, sources, splits, health. */
import { bytes, count, duration, integer } from '../../ui/format.ts';

export const text = {
  title: 'Library',
  importTitle: 'Import',
  importFolder: 'Import folder…',
  importFiles: 'Files…',
  pickFolder: 'Choose a folder of pictures, or of IDX files',
  pickFiles: 'Choose pictures or IDX files',
  importHint: 'Or drop folders and files anywhere in the window.',
  resize: 'Resize the sources',
  resizeRight: 'Resize the overview',
  empty: {
    title: 'Bring in your pictures',
    text: 'Import a folder: sub-folders become classes, and folders named train, validation or test become splits. Or drop it anywhere in this window.',
    action: 'Import folder…',
  },
  grid: 'Images of this project',
  sources: 'Imports',
  noSources: 'Nothing was imported yet.',
  source: {
    added: (images: number) => `${integer(images)} added`,
    duplicates: (images: number) => `${integer(images)} already here`,
    skipped: (files: number) => `${integer(files)} skipped`,
    conflicts: (images: number) => count(images, 'conflict'),
    cancelled: 'stopped early',
    failed: 'failed',
  },
  running: 'Importing',
  cancel: 'Cancel',
  split: {
    title: 'Split',
    none: 'Not split yet. A model is judged on images that it did not learn from.',
    train: 'Train',
    validation: 'Validation',
    test: 'Test',
    unassigned: 'None',
    change: 'Split…',
    dialogTitle: 'Split into train, validation and test',
    dialogText:
      'The model learns from train, is watched on validation, and is judged on test. The same seed always gives the same split.',
    sum: 'The three shares must add up to 100 %.',
    seed: 'Seed',
    seedHint: 'Any whole number. Write it down to repeat the split.',
    stratified: 'Keep the class shares equal',
    stratifiedDetail: 'Each split gets the same mix of classes.',
    scope: 'Which images',
    unassignedOnly: (images: number) => `Only those without a split (${integer(images)})`,
    all: (images: number) => `All anew (${integer(images)})`,
    useImported: (images: number) =>
      `Use the splits that came with the files (${count(images, 'image')})`,
    apply: 'Split',
    done: (train: number, validation: number, test: number) =>
      `Train ${integer(train)} · Validation ${integer(validation)} · Test ${integer(test)}`,
  },
  balance: {
    title: 'Classes',
    none: 'No classes yet. Give labels in Label, or import a folder with sub-folders.',
    unlabeled: 'Unlabeled',
    show: (name: string) => `Show only ${name}`,
    legend: 'Images per class',
  },
  health: {
    title: 'Data health',
    review: 'Review',
    reading: 'Looking at the data…',
    empty: 'There is nothing to check yet.',
  },
  dialog: {
    uploading: 'Reading files',
    uploadingText: (done: number, total: number) => `${integer(done)} of ${count(total, 'file')}`,
    scanning: 'Looking at what is there',
    scanningText: 'Nothing is written yet.',
    title: 'Import',
    found: (images: number, size: number) =>
      size > 0 ? `${count(images, 'image')}, ${bytes(size)}` : count(images, 'image'),
    others: (files: number) =>
      files === 1
        ? '1 other file will be skipped'
        : `${integer(files)} other files will be skipped`,
    more: (places: number) => `and ${count(places, 'more place')}, imported the same way`,
    noImages: 'There are no pictures here that Fovea can read.',
    noImagesHint: 'It reads PNG, JPEG, WebP, GIF, BMP, TIFF and AVIF files, and IDX data sets.',
    classes: (classes: number) => count(classes, 'class'),
    noClasses: 'No sub-folders: the images come in without labels.',
    moreClasses: (classes: number) => `and ${integer(classes)} more`,
    splits: 'Splits in the folders',
    classNames: 'Class names',
    classNamesHint: (needed: number) =>
      `This data set numbers its ${needed} classes. Write one name a line, in that order.`,
    classNamesProblem: (given: number, needed: number) =>
      `${integer(given)} of ${integer(needed)} names, all different.`,
    labels: 'Labels',
    labelsSource: 'From the folder names',
    labelsIdx: 'From the data set',
    labelsNone: 'None, I label them here',
    mode: 'Pictures',
    copy: 'Copy into the project',
    copyDetail: 'The project can be moved and shared as one folder.',
    reference: 'Leave where they are',
    referenceDetail: 'Saves space. The files must stay in place.',
    split: 'Put into',
    splitSource: 'The splits of the folders',
    splitNone: 'No split yet',
    limit: 'At most',
    limitHint: 'Leave empty for all. Otherwise the first by name.',
    limitUnit: 'images',
    start: (images: number) => `Import ${count(images, 'image')}`,
    cancel: 'Cancel',
  },
  report: {
    title: 'Import report',
    summary: (added: number, seconds: number) =>
      `${count(added, 'image')} added in ${duration(seconds)}`,
    added: 'Added',
    duplicates: 'Already here',
    duplicatesDetail: 'The same picture, byte for byte or pixel for pixel, was in the project.',
    skipped: 'Skipped',
    skippedNone: 'No file was skipped.',
    conflicts: 'Conflicting labels',
    conflictsDetail:
      'The same picture came with another class. The first label stays; the other is in its history.',
    conflict: (kept: string, other: string) => `kept ${kept}, also found as ${other}`,
    file: 'File',
    reason: 'Why',
    show: 'Show in Label',
    close: 'Close',
    state: {
      done: '',
      cancelled: 'Stopped before the end. What was added stays; import again to get the rest.',
      failed: 'Stopped by an error. What was added stays; import again to get the rest.',
    },
    open: 'Report',
  },
  imported: (added: number, skipped: number) =>
    skipped > 0
      ? `${count(added, 'image')} imported, ${count(skipped, 'file')} skipped`
      : `${count(added, 'image')} imported`,
  status: (images: number, selected: number) =>
    selected > 0
      ? `${integer(selected)} of ${count(images, 'image')} selected`
      : count(images, 'image'),
} as const;
