import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/renderer/state/actions.ts';
import { Commands } from '../../../src/renderer/state/commands.svelte.ts';
import { assignKey, KeymapError, resetKey } from '../../../src/renderer/state/keymap.ts';
import { judgeClassKey, classForKey } from '../../../src/renderer/state/class-keys.ts';
import type { ClassInfo } from '../../../src/shared/contract/index.ts';
import type { KeyPress } from '../../../src/renderer/ui/keys.ts';

const press = (key: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

const classOf = (id: number, name: string, key: string | null): ClassInfo => ({
  id,
  name,
  key,
  color: '#008df9',
  images: 0,
});

describe('the actions', () => {
  it('share no key where both work', () => {
    expect(new Commands(actions).conflicts()).toEqual([]);
  });

  it('have distinct ids', () => {
    expect(new Set(actions.map(({ id }) => id)).size).toBe(actions.length);
  });
});

describe('Commands', () => {
  it('runs what is registered, and nothing afterwards', () => {
    const commands = new Commands(actions);
    let undone = 0;
    const off = commands.register('edit.undo', () => undone++);
    expect(commands.handle(press('z', { ctrlKey: true }), false)).toBe(true);
    off();
    expect(commands.handle(press('z', { ctrlKey: true }), false)).toBe(false);
    expect(undone).toBe(1);
  });

  it('lets the newest handler act, then the one before it', () => {
    const commands = new Commands(actions);
    const said: string[] = [];
    commands.register('edit.undo', () => said.push('window'));
    const off = commands.register('edit.undo', () => said.push('label'));
    commands.run('edit.undo');
    off();
    commands.run('edit.undo');
    expect(said).toEqual(['label', 'window']);
  });

  it('leaves keys to a field, except those that work everywhere', () => {
    const commands = new Commands(actions);
    let opened = 0;
    commands.register('app.palette', () => opened++);
    commands.register('label.skip', () => opened++);
    expect(commands.handle(press(' '), true)).toBe(false);
    expect(commands.handle(press('k', { ctrlKey: true }), true)).toBe(true);
    expect(opened).toBe(1);
  });

  it('does not run what is not possible now', () => {
    const commands = new Commands(actions);
    commands.register(
      'app.home',
      () => expect.unreachable(),
      () => false,
    );
    expect(commands.run('app.home')).toBe(false);
    expect(commands.available()).toEqual([]);
  });

  it('offers what belongs to the screen first', () => {
    const commands = new Commands(actions);
    commands.register('app.settings', () => undefined);
    commands.register('label.clear', () => undefined);
    expect(commands.available().map(({ id }) => id)).toEqual(['label.clear', 'app.settings']);
  });

  it('follows changed keys', () => {
    const commands = new Commands(actions);
    commands.register('edit.undo', () => undefined);
    commands.overrides = { 'edit.undo': 'Q' };
    expect(commands.handle(press('q'), false)).toBe(true);
    expect(commands.handle(press('z', { ctrlKey: true }), false)).toBe(false);
    commands.overrides = { 'edit.undo': '' };
    expect(commands.handle(press('q'), false)).toBe(false);
    expect(commands.hint('edit.undo')).toBeUndefined();
  });
});

describe('assignKey', () => {
  const commands = new Commands(actions);

  it('refuses a key that another action has there', () => {
    expect(() => assignKey(commands, {}, 'label.skip', 'U')).toThrow(KeymapError);
    // Global actions overlap with every screen's.
    expect(() => assignKey(commands, {}, 'label.skip', 'Mod+Z')).toThrow(KeymapError);
  });

  it('lets actions of different screens share a key', () => {
    const defs = new Commands([
      ...actions,
      { id: 'train.stop', title: 'Stop', group: 'Train', keys: [], scope: 'train' },
    ]);
    expect(assignKey(defs, {}, 'train.stop', 'U')).toEqual({ 'train.stop': 'U' });
  });

  it('refuses a key that labels, where labels are given', () => {
    const classes = [classOf(1, 'cat', '1'), classOf(2, 'fox', 'x')];
    const taken = (action: string, chord: string) => () =>
      assignKey(commands, {}, action, chord, classes);
    expect(taken('label.skip', 'X')).toThrow("belongs to 'fox'");
    // With Shift a letter is the same class key.
    expect(taken('app.theme', 'Shift+X')).toThrow(KeymapError);
    expect(taken('label.skip', '1')).toThrow("belongs to 'cat'");
    expect(taken('label.skip', 'Mod+1')).toThrow("belongs to 'Actual pixels'");
    expect(taken('library.split', 'X')()).toEqual({ 'library.split': 'X' });
    expect(taken('label.skip', 'Mod+X')()).toEqual({ 'label.skip': 'Mod+X' });
  });

  it('drops the override when the default comes back', () => {
    expect(assignKey(commands, { 'label.unsure': 'X' }, 'label.unsure', 'U')).toEqual({});
    expect(resetKey({ 'label.unsure': 'X', 'label.skip': 'Y' }, 'label.skip')).toEqual({
      'label.unsure': 'X',
    });
  });
});

describe('class keys', () => {
  const classes = [classOf(1, 'cat', '1'), classOf(2, 'dog', 'q'), classOf(3, 'fox', null)];
  const commands = new Commands(actions);

  it('finds the class, whatever the case', () => {
    expect(classForKey(classes, press('1'))?.name).toBe('cat');
    expect(classForKey(classes, press('Q', { shiftKey: true }))?.name).toBe('dog');
    expect(classForKey(classes, press('1', { ctrlKey: true }))).toBeUndefined();
    expect(classForKey(classes, press('9'))).toBeUndefined();
  });

  it('says from whom a key would be taken', () => {
    expect(judgeClassKey(commands, classes, 3, press('Q'))).toMatchObject({
      ok: true,
      key: 'q',
      takenFrom: { name: 'dog' },
    });
    expect(judgeClassKey(commands, classes, 2, press('q'))).toMatchObject({ takenFrom: null });
  });

  it('refuses keys of actions, and what is not one character', () => {
    expect(judgeClassKey(commands, classes, 3, press('n'))).toMatchObject({
      ok: false,
      reason: 'action',
    });
    // The action of Shift+N would never be reached.
    const moved = new Commands(actions);
    moved.overrides = { 'label.next-unlabeled': 'X' };
    expect(judgeClassKey(moved, classes, 3, press('n'))).toMatchObject({
      ok: false,
      title: 'Previous unlabeled image',
    });
    expect(judgeClassKey(commands, classes, 3, press(' '))).toEqual({
      ok: false,
      reason: 'single',
    });
    expect(judgeClassKey(commands, classes, 3, press('F5'))).toEqual({
      ok: false,
      reason: 'single',
    });
  });
});
