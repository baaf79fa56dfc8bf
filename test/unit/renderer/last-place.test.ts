import { beforeEach, describe, expect, it } from 'vitest';
import { firstPlace, rememberPlace } from '../../../src/renderer/state/last-place.ts';

/** The part of the browser's Storage that is used, in memory. */
function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

describe('firstPlace', () => {
  let storage: Storage;
  beforeEach(() => {
    storage = memoryStorage();
  });

  it('is the start for a new window', () => {
    expect(firstPlace('', storage)).toBeNull();
  });

  it('is where this window was before a reload', () => {
    rememberPlace({ path: '/p/birds.fovea', stage: 'train' }, storage);
    expect(firstPlace('', storage)).toEqual({ path: '/p/birds.fovea', stage: 'train' });
    rememberPlace(null, storage);
    expect(firstPlace('', storage)).toBeNull();
  });

  it('lets the address decide', () => {
    rememberPlace({ path: '/p/birds.fovea', stage: 'train' }, storage);
    expect(firstPlace('?project=%2Fq%2F%E7%8C%AB.fovea', storage)).toEqual({
      path: '/q/猫.fovea',
      stage: 'library',
    });
  });

  it('ignores what is not a place', () => {
    for (const nonsense of ['{', '3', 'null', '{"path":1,"stage":"train"}']) {
      storage.setItem('fovea.place', nonsense);
      expect(firstPlace('', storage), nonsense).toBeNull();
    }
  });
});
