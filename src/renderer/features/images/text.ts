/** Words that every grid of images shares. */
import { count } from '../../ui/format.ts';

export const text = {
  search: 'File name',
  split: 'Split',
  anySplit: 'Any split',
  splits: { train: 'Train', validation: 'Validation', test: 'Test', none: 'No split' },
  state: 'Show',
  states: {
    any: 'All images',
    unlabeled: 'Unlabeled',
    unsure: 'Unsure',
    skipped: 'Skipped',
    conflict: 'Conflicting labels',
  },
  sort: 'Sort by',
  sorts: {
    added: 'Order of import',
    name: 'Name',
    class: 'Class',
    split: 'Split',
    size: 'Picture size',
    labeled: 'Last labeled',
  },
  ascending: 'Ascending',
  descending: 'Descending',
  tileSize: 'Size of the pictures',
  clear: 'Clear filters',
  noMatch: 'No image matches',
  noMatchText: 'Nothing in this project fits all the filters.',
  unfit: (images: number) =>
    images === 1 ? '1 image no longer matches' : `${count(images, 'image')} no longer match`,
  arrived: (images: number) => count(images, 'new image'),
  refresh: 'Refresh',
  shown: (images: number) => count(images, 'image'),
  fixed: 'Chosen elsewhere',
  leaveFixed: 'Show all images',
} as const;
