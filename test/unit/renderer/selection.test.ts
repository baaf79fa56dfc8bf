import { beforeEach, describe, expect, it } from 'vitest';
import { Selection } from '../../../src/renderer/state/selection.svelte.ts';

let selection: Selection;

beforeEach(() => {
  selection = new Selection();
  selection.ids = [10, 11, 12, 13, 14, 15];
});

const chosen = (): number[] => selection.ids.filter((id) => selection.has(id));

describe('Selection', () => {
  it('acts on the cursor while nothing is selected', () => {
    expect(selection.targets).toEqual([10]);
    selection.place(3);
    expect(selection.targets).toEqual([13]);
    expect(selection.size).toBe(0);
  });

  it('acts on the selection in display order', () => {
    selection.toggle(4);
    selection.toggle(1);
    expect(selection.targets).toEqual([11, 14]);
  });

  it('selects one with a click and drops the rest', () => {
    selection.all();
    selection.pick(2);
    expect(chosen()).toEqual([12]);
  });

  it('extends from the anchor in both directions', () => {
    selection.pick(3);
    selection.extendTo(5);
    expect(chosen()).toEqual([13, 14, 15]);
    selection.extendTo(1);
    expect(chosen()).toEqual([11, 12, 13]);
    expect(selection.cursor).toBe(1);
  });

  it('adds a range on top when asked', () => {
    selection.pick(0);
    selection.toggle(3);
    selection.extendTo(4, true);
    expect(chosen()).toEqual([10, 13, 14]);
  });

  it('toggles off again', () => {
    selection.toggle(2);
    selection.toggle(2);
    expect(selection.size).toBe(0);
  });

  it('rubber band adds to what was there, and shrinks again', () => {
    selection.pick(0);
    const base = selection.snapshot();
    selection.band([2, 3], base);
    expect(chosen()).toEqual([10, 12, 13]);
    selection.band([2], base);
    expect(chosen()).toEqual([10, 12]);
  });

  it('keeps the cursor on its image in a new list', () => {
    selection.place(4);
    selection.ids = [14, 10, 11];
    expect(selection.cursor).toBe(0);
    expect(selection.current).toBe(14);
  });

  it('goes to the nearest place when the image is gone', () => {
    selection.place(5);
    selection.ids = [10, 11];
    expect(selection.current).toBe(11);
    selection.ids = [];
    expect(selection.cursor).toBe(-1);
    expect(selection.targets).toEqual([]);
  });

  it('forgets selected images that left the list', () => {
    selection.all();
    selection.ids = [11, 15, 99];
    expect(chosen()).toEqual([11, 15]);
  });

  it('ignores indices that are not there', () => {
    selection.pick(17);
    selection.extendTo(-1);
    selection.place(6);
    expect(selection.size).toBe(0);
    expect(selection.cursor).toBe(0);
  });

  it('selects 70,000 images without delay', () => {
    selection.ids = Array.from({ length: 70_000 }, (_, index) => index + 1);
    selection.all();
    expect(selection.targets).toHaveLength(70_000);
  });
});
