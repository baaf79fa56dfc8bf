/** The last few things that took time to make, by what they were made from. */
export class Recent<T> {
  readonly #most: number;
  /** Oldest first. */
  readonly #kept = new Map<string, Promise<T>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** What is dropped is left to the garbage collector: another call may still be using it. */
  async get(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.#kept.get(key) ?? make();
    this.#kept.delete(key);
    this.#kept.set(key, found);
    for (const old of [...this.#kept.keys()].slice(0, -this.#most)) this.#kept.delete(old);
    try {
      return await found;
    } catch (error) {
      if (this.#kept.get(key) === found) this.#kept.delete(key);
      throw error;
    }
  }
}
