/**
 * Actions, their keys and who does them at the moment. One table for the keyboard, the command
 * palette, the help overlay and the keymap editor.
 */
import { untrack } from 'svelte';
import { chordOf, type KeyPress } from '../ui/keys.ts';

export interface ActionDef {
  id: string;
  title: string;
  /** Heading in the palette and the help: 'Label', 'View'. */
  group: string;
  /** Default chords ('Mod+Z'); any of them triggers it. */
  keys: readonly string[];
  /** Actions of different scopes may share a key; 'global' overlaps with all. */
  scope: string;
  /** Also while the user types in a field. */
  inFields?: boolean;
  /** Not offered in the palette (moves of the cursor and the like). */
  hidden?: boolean;
}

export interface Command extends ActionDef {
  run: () => void;
}

export interface KeyConflict {
  key: string;
  actions: [string, string];
}

interface Handler {
  run: () => void;
  enabled: () => boolean;
}

export class Commands {
  readonly #defs = new Map<string, ActionDef>();
  /** The last registered handler of an action is the one that runs. */
  #handlers = $state.raw<ReadonlyMap<string, readonly Handler[]>>(new Map());
  #overrides = $state.raw<Readonly<Record<string, string>>>({});

  constructor(defs: readonly ActionDef[]) {
    for (const def of defs) this.#defs.set(def.id, def);
  }

  /** From the settings: action → chords separated by blanks; '' takes its keys away. */
  set overrides(overrides: Readonly<Record<string, string>>) {
    this.#overrides = overrides;
  }

  get definitions(): ActionDef[] {
    return [...this.#defs.values()];
  }

  definition(id: string): ActionDef | undefined {
    return this.#defs.get(id);
  }

  /** The chords that trigger an action now. */
  keysOf(id: string, overrides = this.#overrides): string[] {
    const override = overrides[id];
    if (override !== undefined) return override.split(' ').filter(Boolean);
    return [...(this.#defs.get(id)?.keys ?? [])];
  }

  /** For tooltips and caps: the first chord, or nothing. */
  hint(id: string): string | undefined {
    return this.keysOf(id)[0];
  }

  /** Says who does an action, until the returned function is called. */
  register(
    action: string | ActionDef,
    run: () => void,
    enabled: () => boolean = () => true,
  ): () => void {
    const id = typeof action === 'string' ? action : action.id;
    if (typeof action !== 'string') this.#defs.set(id, action);
    const handler: Handler = { run, enabled };
    this.#change(id, (list) => [...list, handler]);
    return () => this.#change(id, (list) => list.filter((other) => other !== handler));
  }

  run(id: string): boolean {
    const handler = this.#handlers.get(id)?.at(-1);
    if (!handler?.enabled()) return false;
    handler.run();
    return true;
  }

  canRun(id: string): boolean {
    return this.#handlers.get(id)?.at(-1)?.enabled() ?? false;
  }

  /** What can be done right now, for the palette. */
  available(): Command[] {
    const list: Command[] = [];
    for (const [id, handlers] of this.#handlers) {
      const def = this.#defs.get(id);
      const handler = handlers.at(-1);
      if (def && !def.hidden && handler?.enabled()) list.push({ ...def, run: handler.run });
    }
    // What belongs to the screen that is shown comes first.
    return list.sort((a, b) => Number(a.scope === 'global') - Number(b.scope === 'global'));
  }

  /** Runs what a key press means here; false when it means nothing. */
  handle(event: KeyPress, typing: boolean): boolean {
    const chord = chordOf(event);
    for (const def of this.#defs.values()) {
      if (typing && !def.inFields) continue;
      if (this.keysOf(def.id).includes(chord) && this.run(def.id)) return true;
    }
    return false;
  }

  /** Keys that two actions of overlapping scopes would share. */
  conflicts(overrides = this.#overrides): KeyConflict[] {
    const found: KeyConflict[] = [];
    const seen = new Map<string, ActionDef[]>();
    for (const def of this.#defs.values()) {
      for (const key of this.keysOf(def.id, overrides)) {
        const holders = seen.get(key) ?? [];
        for (const other of holders) {
          if (overlap(other.scope, def.scope)) found.push({ key, actions: [other.id, def.id] });
        }
        seen.set(key, [...holders, def]);
      }
    }
    return found;
  }

  /** The action that has a chord in a scope, except `besides`. */
  holder(chord: string, scope: string, besides?: string): ActionDef | undefined {
    return this.definitions.find(
      (def) =>
        def.id !== besides && overlap(def.scope, scope) && this.keysOf(def.id).includes(chord),
    );
  }

  #change(id: string, edit: (list: readonly Handler[]) => readonly Handler[]): void {
    // Registered inside effects, which must not run again for what they register.
    const next = new Map(untrack(() => this.#handlers));
    const list = edit(next.get(id) ?? []);
    if (list.length > 0) next.set(id, list);
    else next.delete(id);
    this.#handlers = next;
  }
}

function overlap(a: string, b: string): boolean {
  return a === b || a === 'global' || b === 'global';
}
