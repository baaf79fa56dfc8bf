/** Undo and redo of a value that is replaced, never changed. */

const mostSteps = 500;
/** Changes of one thing within this time are one step. */
const togetherMs = 1000;

export class History<Value> {
  #past = $state.raw<readonly Value[]>([]);
  #future = $state.raw<readonly Value[]>([]);
  #last = { what: '', at: 0 };

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** @param what names what is changed, so that a row of changes of it is one step; or empty */
  changed(before: Value, what: string): void {
    const now = Date.now();
    const { what: last, at } = this.#last;
    const together = what !== '' && what === last && now - at < togetherMs && this.canUndo;
    this.#last = { what, at: now };
    this.#future = [];
    if (!together) this.#past = [...this.#past, before].slice(-mostSteps);
  }

  /** @returns what was before `now`, if anything was */
  undo(now: Value): Value | undefined {
    const before = this.#past.at(-1);
    if (before === undefined) return undefined;
    this.#past = this.#past.slice(0, -1);
    this.#future = [...this.#future, now];
    this.#last = { what: '', at: 0 };
    return before;
  }

  redo(now: Value): Value | undefined {
    const after = this.#future.at(-1);
    if (after === undefined) return undefined;
    this.#future = this.#future.slice(0, -1);
    this.#past = [...this.#past, now];
    this.#last = { what: '', at: 0 };
    return after;
  }
}
