import { describe, expect, it } from 'vitest';
import { matchScore, rank } from '../../../src/renderer/state/match.ts';
import { moveItem } from '../../../src/renderer/state/class-order.ts';

describe('rank', () => {
  const classes = ['Coat', 'Ankle boot', 'T-shirt/top', 'Bag', 'Éclair', 'Sandal'];
  const find = (query: string): string[] => rank(query, classes, (name) => name);

  it('puts the start of the text first, then the start of a word', () => {
    expect(find('b')[0]).toBe('Bag');
    expect(find('boo')).toEqual(['Ankle boot']);
    expect(find('top')[0]).toBe('T-shirt/top');
  });

  it('does not mind case or accents', () => {
    expect(find('ECL')).toEqual(['Éclair']);
  });

  it('finds scattered letters last', () => {
    expect(find('sdl')).toEqual(['Sandal']);
    expect(matchScore('sdl', 'Sandal')).toBeLessThan(matchScore('and', 'Sandal'));
  });

  it('answers everything in order for no query, and nothing for nonsense', () => {
    expect(find('  ')).toEqual(classes);
    expect(find('xyz')).toEqual([]);
  });
});

describe('moveItem', () => {
  it.each([
    [0, 2, ['b', 'c', 'a', 'd']],
    [3, 0, ['d', 'a', 'b', 'c']],
    [1, 9, ['a', 'c', 'd', 'b']],
    [7, 0, ['a', 'b', 'c', 'd']],
  ])('%i to %i', (from, to, order) => {
    expect(moveItem(['a', 'b', 'c', 'd'], from, to)).toEqual(order);
  });
});
