import { describe, expect, it } from 'vitest';
import { parseNumbers, rowsOf } from '#shared/number-text.ts';

describe('numbers as people type them', () => {
  it('are a row, rows, or planes of rows', () => {
    expect(parseNumbers(' 2, 3  2')).toEqual({ shape: [3], values: [2, 3, 2] });
    const square = { shape: [2, 2], values: [1, 2, 3, -4.5] };
    expect(parseNumbers('1 2; 3 -4.5')).toEqual(square);
    expect(parseNumbers('1 2\n3 -4.5\n')).toEqual(square);
    const cube = { shape: [2, 1, 2], values: [1, 2, 3, 4] };
    expect(parseNumbers('1 2 | 3 4')).toEqual(cube);
    expect(parseNumbers('1 2\n\n3 4')).toEqual(cube);
    expect(rowsOf(cube)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('are refused where they are ragged, or no numbers', () => {
    for (const text of ['', ' ; ', '1 2; 3', '1 x', '1 2 | 3 4; 5 6', 'Infinity']) {
      expect(parseNumbers(text)).toBeNull();
    }
  });
});
