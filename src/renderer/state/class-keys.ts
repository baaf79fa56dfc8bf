/** Keys of classes: one character each, case-insensitive, beside the keys of actions. */
import type { ClassInfo } from '#shared/contract/index.ts';
import type { Commands } from './commands.svelte.ts';
import { chordOf, type KeyPress } from '../ui/keys.ts';

/** The class that a key press assigns, or undefined. Digits of the numeric pad count. */
export function classForKey(classes: readonly ClassInfo[], event: KeyPress): ClassInfo | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const key = event.key.toLowerCase();
  if (key.length !== 1) return undefined;
  return classes.find((info) => info.key?.toLowerCase() === key);
}

/** The class that would take a chord from an action; Shift makes no difference to a letter. */
export function classForChord(classes: readonly ClassInfo[], chord: string): ClassInfo | undefined {
  const key = chord.replace(/^Shift\+(?=.$)/, '').toLowerCase();
  return classes.find((info) => info.key?.toLowerCase() === key);
}

export type KeyVerdict =
  | { ok: true; key: string; takenFrom: ClassInfo | null }
  | { ok: false; reason: 'single' }
  | { ok: false; reason: 'action'; title: string };

/** Whether a class may have the pressed key. */
export function judgeClassKey(
  commands: Commands,
  classes: readonly ClassInfo[],
  own: number,
  event: KeyPress,
): KeyVerdict {
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey || event.altKey || key.length !== 1 || key === ' ') {
    return { ok: false, reason: 'single' };
  }
  const letter = key.toUpperCase();
  const chords = letter === key ? [chordOf(event)] : [letter, `Shift+${letter}`];
  const holder = chords.map((chord) => commands.holder(chord, 'label')).find(Boolean);
  if (holder) return { ok: false, reason: 'action', title: holder.title };
  const takenFrom =
    classes.find((info) => info.id !== own && info.key?.toLowerCase() === key) ?? null;
  return { ok: true, key, takenFrom };
}
