import { AppError } from '#shared/errors.ts';

interface Ticket {
  id: string;
  done: Promise<undefined>;
}

/** One training at a time; the others wait in the order in which they came. */
export class TrainingQueue {
  readonly #tickets: Ticket[] = [];

  /**
   * Resolves when it is this one's turn, with the function that gives the turn on.
   * @param onWait told which run is being waited for
   * @throws AppError CANCELLED when the signal aborts before that
   */
  async enter(
    id: string,
    signal: AbortSignal,
    onWait: (ahead: string) => void,
  ): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const ticket: Ticket = { id, done: promise };
    this.#tickets.push(ticket);
    const leave = (): void => {
      const index = this.#tickets.indexOf(ticket);
      if (index >= 0) this.#tickets.splice(index, 1);
      resolve(undefined);
    };
    try {
      for (;;) {
        signal.throwIfAborted();
        const first = this.#tickets[0];
        if (!first || first === ticket) return leave;
        onWait(first.id);
        await Promise.race([first.done, aborted(signal)]);
      }
    } catch {
      leave();
      throw new AppError('CANCELLED', 'Cancelled.');
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new AppError('CANCELLED', 'Cancelled.')), {
      once: true,
    });
  });
}
