import { describe, expect, it } from 'vitest';
import { toCsv } from '../../../src/renderer/features/predict/csv.ts';
import { sortOut } from '../../../src/renderer/features/predict/sort-out.ts';
import { choices } from '../../../src/renderer/features/evaluate/class-choices.ts';
import type { PredictItem } from '../../../src/renderer/state/predict.svelte.ts';

const item = (
  file: string,
  truth: string | null,
  probabilities: number[] | null,
  error: string | null = null,
): PredictItem => ({
  id: 1,
  file,
  image: null,
  picture: null,
  state: probabilities ? 'done' : 'failed',
  error,
  prediction: probabilities && {
    image: null,
    file,
    truth,
    top: probabilities[0]! >= probabilities[1]! ? 'cat' : 'dog',
    probabilities,
  },
});

const items = [
  item('a.png', 'cat', [0.75, 0.25]),
  item('b, "best".png', 'cat', [0.45, 0.55]),
  item('c.png', null, null, 'Not an image.'),
];

describe('predictions as a table', () => {
  it('writes CSV that keeps commas and quotes in file names', () => {
    const columns = {
      file: 'file',
      truth: 'truth',
      predicted: 'predicted',
      probability: 'probability',
      error: 'error',
    };
    expect(toCsv(items, ['cat', 'dog'], columns).split('\r\n')).toEqual([
      'file,truth,predicted,probability,error,cat,dog',
      'a.png,cat,cat,0.75,,0.75,0.25',
      '"b, ""best"".png",cat,dog,0.55,,0.45,0.55',
      'c.png,,,,Not an image.,,',
      '',
    ]);
  });

  it('sorts out what one looks for', () => {
    const sorted = sortOut(items);
    expect(sorted.wrong.map(({ file }) => file)).toEqual(['b, "best".png']);
    expect(sorted.unsure.map(({ file }) => file)).toEqual(['b, "best".png']);
    expect(sorted.failed.map(({ file }) => file)).toEqual(['c.png']);
  });
});

describe('classes offered for a picture', () => {
  const classes = ['ankle boot', 'bag', 'boot', 'coat'].map((name, index) => ({
    id: index + 1,
    name,
    color: '#008df9',
    key: null,
    images: 1,
  }));
  const names = (query: string, likely = 'coat') =>
    choices(classes, query, likely).map(({ name }) => name);

  it('begins with the predicted one, and with what a search begins with', () => {
    expect(names('')).toEqual(['coat', 'ankle boot', 'bag', 'boot']);
    expect(names('boot')).toEqual(['boot', 'ankle boot']);
    expect(names('x')).toEqual([]);
  });
});
