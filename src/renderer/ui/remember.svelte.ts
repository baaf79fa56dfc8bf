/** Small view settings that this window remembers: pane sizes, folded panels. Not project data. */

const PREFIX = 'fovea.view.';

/** A value kept in localStorage; falls back silently where storage is blocked or holds nonsense. */
export class Remembered<T> {
  #value: T;
  readonly #key: string;

  constructor(key: string, initial: T, isValid: (value: unknown) => value is T) {
    this.#key = PREFIX + key;
    this.#value = $state(read(this.#key, initial, isValid));
  }

  get value(): T {
    return this.#value;
  }

  set value(next: T) {
    this.#value = next;
    try {
      localStorage.setItem(this.#key, JSON.stringify(next));
    } catch {
      // Without storage the value lasts as long as the window.
    }
  }
}

function read<T>(key: string, initial: T, isValid: (value: unknown) => value is T): T {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isValid(stored) ? stored : initial;
  } catch {
    return initial;
  }
}

export function rememberedNumber(key: string, initial: number): Remembered<number> {
  return new Remembered(
    key,
    initial,
    (value): value is number => typeof value === 'number' && Number.isFinite(value),
  );
}

export function rememberedBoolean(key: string, initial: boolean): Remembered<boolean> {
  return new Remembered(key, initial, (value) => typeof value === 'boolean');
}
