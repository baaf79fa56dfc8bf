/** Key chords: one spelling for keymap, tooltips and menus ('Mod+Shift+Z', 'N', '/', 'Enter'). */

const isMac = typeof navigator !== 'undefined' && /mac|iphone|ipad/i.test(navigator.userAgent);

const symbols: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Space: 'Space',
  Backspace: '⌫',
  Delete: 'Del',
  Enter: '↵',
};

const macModifiers: Record<string, string> = { Mod: '⌘', Shift: '⇧', Alt: '⌥' };
const otherModifiers: Record<string, string> = { Mod: 'Ctrl', Shift: 'Shift', Alt: 'Alt' };

/** A chord as the caps that a person reads: ['Ctrl', 'Shift', 'Z']. */
export function formatKeys(chord: string, mac = isMac): string[] {
  const modifiers = mac ? macModifiers : otherModifiers;
  return splitChord(chord).map((part) => modifiers[part] ?? symbols[part] ?? part);
}

/** 'Mod++' is Mod and the plus key. */
export function splitChord(chord: string): string[] {
  if (chord === '+') return ['+'];
  if (chord.endsWith('+')) {
    return [...chord.slice(0, -1).split('+').filter(Boolean), '+'];
  }
  return chord.split('+');
}

export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/**
 * The chord of a key press. Shift is named only where it does not already show in the character
 * ('?' stays '?', but 'Shift+N' and 'Shift+Enter'). Digits of the numeric pad count as digits.
 */
export function chordOf(event: KeyPress, mac = isMac): string {
  let key = event.key === ' ' ? 'Space' : event.key;
  // With Shift or Alt held, digits type other characters; the physical key says which digit was meant.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const isLetter = key.length === 1 && key.toLowerCase() !== key.toUpperCase();
  if (isLetter) key = key.toUpperCase();
  const mod = mac ? event.metaKey : event.ctrlKey;
  const parts: string[] = [];
  if (mod) parts.push('Mod');
  if (event.altKey) parts.push('Alt');
  if (digit !== undefined && (mod || event.altKey)) key = digit;
  if (event.shiftKey && (isLetter || key.length > 1 || (digit !== undefined && key === digit))) {
    parts.push('Shift');
  }
  parts.push(key);
  return parts.join('+');
}

/** Whether a press belongs to what the user types into, and not to the view. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement &&
    !['checkbox', 'radio', 'button', 'range', 'color'].includes(target.type)
  );
}

/** Whether a press happens in a dialog or menu, which has the keyboard to itself. */
export function isInDialog(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('[role="dialog"], [role="alertdialog"], [role="menu"]') !== null
  );
}

const CONTROL_KEYS = new Set(['Enter', ' ', 'ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']);

/** Whether a focused control (button, slider, pane handle) needs this key for itself. */
export function isControlKey(event: KeyboardEvent): boolean {
  if (!CONTROL_KEYS.has(event.key) || event.ctrlKey || event.metaKey) return false;
  if (!(event.target instanceof Element)) return false;
  const control = event.target.closest(
    'button, a, input, summary, [role="separator"], [role="option"]',
  );
  if (!control) return false;
  // Arrows mean nothing to a plain button.
  return event.key === 'Enter' || event.key === ' ' || control.tagName !== 'BUTTON';
}
