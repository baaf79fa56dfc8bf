/** A position that is stepped through or played, one after the other. */
export class Player {
  position = $state(0);
  playing = $state(false);
  #count = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Milliseconds that one position is shown for. */
  readonly #delay: () => number;
  /** How far one tick of playing goes: many positions are not shown one by one. */
  readonly #stride: () => number;

  constructor({ delay, stride = () => 1 }: { delay: () => number; stride?: () => number }) {
    this.#delay = delay;
    this.#stride = stride;
  }

  get count(): number {
    return this.#count;
  }

  get atEnd(): boolean {
    return this.position >= this.#count - 1;
  }

  /** A new sequence, at its end unless told; one of the same length keeps the place. */
  reset(count: number, start = count - 1): void {
    if (count === this.#count) return;
    this.pause();
    this.#count = count;
    this.#set(start);
  }

  go(position: number): void {
    this.pause();
    this.#set(position);
  }

  step(by: number): void {
    this.go(this.position + by);
  }

  /** From the start again where it has ended. */
  toggle(): void {
    if (this.playing) {
      this.pause();
      return;
    }
    if (this.#count < 2) return;
    if (this.atEnd) this.position = 0;
    this.playing = true;
    this.#tick();
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.playing = false;
  }

  #tick(): void {
    this.#timer = setTimeout(() => {
      this.#set(this.position + this.#stride());
      if (this.atEnd) this.pause();
      else this.#tick();
    }, this.#delay());
  }

  #set(position: number): void {
    this.position = Math.min(Math.max(0, position), Math.max(0, this.#count - 1));
  }
}
