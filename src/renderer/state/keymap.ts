/** Changing keys without two actions ending up with the same one. */
import type { ClassInfo } from '#shared/contract/index.ts';
import { classForChord } from './class-keys.ts';
import type { ActionDef, Commands } from './commands.svelte.ts';

export type Overrides = Readonly<Record<string, string>>;

/** The chord already does something else where this action works. */
export type KeyHolder = { action: ActionDef } | { class: ClassInfo };

export class KeymapError extends Error {
  readonly holder: KeyHolder;

  constructor(holder: KeyHolder) {
    const name = 'action' in holder ? holder.action.title : holder.class.name;
    super(`This key already belongs to '${name}'.`);
    this.name = 'KeymapError';
    this.holder = holder;
  }
}

/**
 * Overrides in which `chord` is the one key of an action.
 * @param classes of the open project: their keys come first in Label
 * @throws KeymapError when it is taken
 */
export function assignKey(
  commands: Commands,
  overrides: Overrides,
  action: string,
  chord: string,
  classes: readonly ClassInfo[] = [],
): Record<string, string> {
  const def = commands.definition(action);
  const scope = def?.scope ?? 'global';
  const holder = commands.holder(chord, scope, action);
  if (holder) throw new KeymapError({ action: holder });
  const labels =
    scope === 'global' || scope === 'label' ? classForChord(classes, chord) : undefined;
  if (labels) throw new KeymapError({ class: labels });
  if (def?.keys.length === 1 && def.keys[0] === chord) return resetKey(overrides, action);
  return { ...overrides, [action]: chord };
}

/** Overrides in which an action has its default keys again. */
export function resetKey(overrides: Overrides, action: string): Record<string, string> {
  return Object.fromEntries(Object.entries(overrides).filter(([id]) => id !== action));
}
