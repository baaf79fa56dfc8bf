/**
 * Which images are selected, by the rules of a file browser: click, Ctrl-click toggles, Shift-click
 * selects from the anchor, rubber band adds to what was selected. The cursor is the image that keys act
 * on when nothing is selected.
 */
export class Selection {
  /** What indices mean; the caller sets it whenever its list changes. */
  #ids = $state.raw<readonly number[]>([]);
  #selected = $state.raw<ReadonlySet<number>>(new Set());
  /** Index of the cursor; -1 in an empty list. */
  cursor = $state(-1);
  #anchor = -1;

  get ids(): readonly number[] {
    return this.#ids;
  }

  /** A new list: the cursor stays on its image if that is still there; gone images leave the selection. */
  set ids(ids: readonly number[]) {
    const under = this.current;
    const at = under === null ? -1 : ids.indexOf(under);
    this.#ids = ids;
    const fallback = ids.length === 0 ? -1 : Math.min(Math.max(this.cursor, 0), ids.length - 1);
    this.cursor = at >= 0 ? at : fallback;
    this.#anchor = this.cursor;
    if (this.#selected.size === 0) return;
    const present = new Set(ids);
    const kept = [...this.#selected].filter((id) => present.has(id));
    if (kept.length !== this.#selected.size) this.#selected = new Set(kept);
  }

  get size(): number {
    return this.#selected.size;
  }

  /** Image id under the cursor. */
  get current(): number | null {
    return this.#ids[this.cursor] ?? null;
  }

  /** What an action is about: the selection in display order, else the image under the cursor. */
  get targets(): number[] {
    if (this.#selected.size === 0) return this.current === null ? [] : [this.current];
    return this.#ids.filter((id) => this.#selected.has(id));
  }

  has(id: number): boolean {
    return this.#selected.has(id);
  }

  /** Puts the cursor somewhere and drops the selection. */
  place(index: number): void {
    if (index < 0 || index >= this.#ids.length) return;
    this.cursor = index;
    this.#anchor = index;
    if (this.#selected.size > 0) this.#selected = new Set();
  }

  /** A plain click: this image alone is selected. */
  pick(index: number): void {
    const id = this.#ids[index];
    if (id === undefined) return;
    this.cursor = index;
    this.#anchor = index;
    this.#selected = new Set([id]);
  }

  toggle(index: number): void {
    const id = this.#ids[index];
    if (id === undefined) return;
    const next = new Set(this.#selected);
    if (!next.delete(id)) next.add(id);
    this.#selected = next;
    this.cursor = index;
    this.#anchor = index;
  }

  /** From the anchor to `index`, instead of what was selected or (`add`) on top of it. */
  extendTo(index: number, add = false): void {
    if (index < 0 || index >= this.#ids.length) return;
    const anchor = this.#anchor < 0 ? index : this.#anchor;
    const range = this.#ids.slice(Math.min(anchor, index), Math.max(anchor, index) + 1);
    this.#selected = new Set(add ? [...this.#selected, ...range] : range);
    this.cursor = index;
    this.#anchor = anchor;
  }

  all(): void {
    this.#selected = new Set(this.#ids);
  }

  clear(): void {
    if (this.#selected.size > 0) this.#selected = new Set();
  }

  /** Rubber band: `indices` on top of `base`, which is what was selected when it started. */
  band(indices: readonly number[], base: ReadonlySet<number>): void {
    const next = new Set(base);
    for (const index of indices) {
      const id = this.#ids[index];
      if (id !== undefined) next.add(id);
    }
    this.#selected = next;
    const last = indices.at(-1);
    if (last !== undefined) this.cursor = last;
  }

  /** The selection as it is now, for `band`. */
  snapshot(): ReadonlySet<number> {
    return this.#selected;
  }
}
