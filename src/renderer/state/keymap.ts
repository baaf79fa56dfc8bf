/** Changing keys without two actions ending up with the same one. */
import type { ActionDef, Commands } from './commands.svelte.ts';

export type Overrides = Readonly<Record<string, string>>;

/** The chord already does something else where this action works. */
export class KeymapError extends Error {
  readonly holder: ActionDef;

  constructor(holder: ActionDef) {
    super(`This key already belongs to '${holder.title}'.`);
    this.name = 'KeymapError';
    this.holder = holder;
  }
}

/** Overrides in which `chord` is the one key of an action. @throws KeymapError when it is taken */
export function assignKey(
  commands: Commands,
  overrides: Overrides,
  action: string,
  chord: string,
): Record<string, string> {
  const def = commands.definition(action);
  const holder = commands.holder(chord, def?.scope ?? 'global', action);
  if (holder) throw new KeymapError(holder);
  if (def?.keys.length === 1 && def.keys[0] === chord) return resetKey(overrides, action);
  return { ...overrides, [action]: chord };
}

/** Overrides in which an action has its default keys again. */
export function resetKey(overrides: Overrides, action: string): Record<string, string> {
  return Object.fromEntries(Object.entries(overrides).filter(([id]) => id !== action));
}
