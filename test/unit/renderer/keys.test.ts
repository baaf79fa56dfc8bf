import { describe, expect, it } from 'vitest';
import { chordOf, formatKeys, type KeyPress } from '../../../src/renderer/ui/keys.ts';

const press = (key: string, code: string, held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe('chordOf', () => {
  it.each([
    [press('n', 'KeyN'), 'N'],
    [press('N', 'KeyN', { shiftKey: true }), 'Shift+N'],
    [press('?', 'Slash', { shiftKey: true }), '?'],
    [press('/', 'Slash'), '/'],
    [press(' ', 'Space'), 'Space'],
    [press('z', 'KeyZ', { ctrlKey: true }), 'Mod+Z'],
    [press('Z', 'KeyZ', { ctrlKey: true, shiftKey: true }), 'Mod+Shift+Z'],
    [press('Enter', 'Enter', { shiftKey: true }), 'Shift+Enter'],
    [press('3', 'Digit3'), '3'],
    [press('3', 'Numpad3'), '3'],
    [press('3', 'Digit3', { altKey: true }), 'Alt+3'],
    // Alt and a digit types another character on many layouts.
    [press('£', 'Digit3', { altKey: true }), 'Alt+3'],
    [press('0', 'Digit0', { ctrlKey: true }), 'Mod+0'],
    [press('+', 'Equal', { shiftKey: true }), '+'],
    [press('ArrowLeft', 'ArrowLeft'), 'ArrowLeft'],
  ])('%o → %s', (event, chord) => {
    expect(chordOf(event, false)).toBe(chord);
  });

  it('takes Command for Mod on a Mac', () => {
    expect(chordOf(press('k', 'KeyK', { metaKey: true }), true)).toBe('Mod+K');
    expect(chordOf(press('k', 'KeyK', { ctrlKey: true }), true)).toBe('K');
  });
});

describe('formatKeys', () => {
  it.each([
    ['Mod+Shift+Z', false, ['Ctrl', 'Shift', 'Z']],
    ['Mod+Shift+Z', true, ['⌘', '⇧', 'Z']],
    ['+', false, ['+']],
    ['Mod++', false, ['Ctrl', '+']],
    ['-', false, ['-']],
    ['ArrowLeft', false, ['←']],
  ])('%s', (chord, mac, caps) => {
    expect(formatKeys(chord, mac)).toEqual(caps);
  });
});
