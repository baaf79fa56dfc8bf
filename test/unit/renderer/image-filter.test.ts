import { describe, expect, it } from 'vitest';
import {
  countNew,
  extendsList,
  isFiltered,
  matchesFilter,
  tidyFilter,
} from '../../../src/renderer/state/image-filter.ts';
import type { ImageRow } from '../../../src/shared/contract/index.ts';

const row: ImageRow = {
  id: 1,
  name: 'garden/Blue Tit.JPG',
  width: 10,
  height: 10,
  classId: 3,
  split: 'train',
  flag: null,
  available: true,
};

describe('matchesFilter', () => {
  it.each([
    [{}, true],
    [{ classes: [] }, true],
    [{ classes: [3, 4] }, true],
    [{ classes: ['none' as const] }, false],
    [{ splits: ['train' as const] }, true],
    [{ splits: ['none' as const, 'test' as const] }, false],
    [{ flags: ['unsure' as const] }, false],
    [{ text: 'blue tit' }, true],
    [{ text: 'robin' }, false],
    [{ classes: [3], splits: ['test' as const] }, false],
  ])('%o: %s', (filter, fits) => {
    expect(matchesFilter(filter, row)).toBe(fits);
  });

  it('takes an image without label or split for none', () => {
    const bare = { ...row, classId: null, split: null };
    expect(matchesFilter({ classes: ['none'], splits: ['none'] }, bare)).toBe(true);
  });
});

describe('tidyFilter', () => {
  it('drops what does not filter', () => {
    expect(tidyFilter({ classes: [], splits: [], text: '  ' })).toEqual({});
    expect(isFiltered(tidyFilter({ text: ' a ' }))).toBe(true);
    expect(isFiltered({ classes: [] })).toBe(false);
  });
});

describe('comparing lists', () => {
  it('knows when showing the new one would move nothing', () => {
    expect(extendsList([1, 2], [1, 2, 3])).toBe(true);
    expect(extendsList([], [1])).toBe(true);
    expect(extendsList([1, 2], [2, 1])).toBe(false);
    expect(extendsList([1, 2], [1])).toBe(false);
  });

  it('counts what is new', () => {
    expect(countNew([1, 2, 3], [3, 4, 5])).toBe(2);
  });
});
