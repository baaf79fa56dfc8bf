/** Short messages at the lower edge; at most three at once, the oldest goes first. */

export interface ToastAction {
  label: string;
  run: () => void;
}

export interface Toast {
  id: number;
  tone: 'plain' | 'good' | 'problem';
  text: string;
  /** What to do about it. */
  hint: string | undefined;
  action: ToastAction | undefined;
}

export interface ToastOptions {
  tone?: Toast['tone'];
  hint?: string | undefined;
  action?: ToastAction | undefined;
  /** A toast with the same key takes the place of the one before it. */
  key?: string;
  /** Milliseconds; by default longer for problems. */
  duration?: number;
}

const LIMIT = 3;

export class ToastList {
  items = $state<Toast[]>([]);
  #next = 1;
  readonly #keys = new Map<string, number>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(text: string, options: ToastOptions = {}): number {
    const { tone = 'plain', hint, action, key } = options;
    const before = key === undefined ? undefined : this.#keys.get(key);
    if (before !== undefined) this.dismiss(before);
    const id = this.#next++;
    if (key !== undefined) this.#keys.set(key, id);
    this.items.push({ id, tone, text, hint, action });
    for (const old of this.items.slice(0, Math.max(0, this.items.length - LIMIT))) {
      this.dismiss(old.id);
    }
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), options.duration ?? (tone === 'problem' ? 12_000 : 5_000)),
    );
    return id;
  }

  /** Keeps a toast while the pointer or the focus is on it. */
  hold(id: number): void {
    clearTimeout(this.#timers.get(id));
  }

  release(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), 3_000),
    );
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}
