/** A stream whose errors are translated; the server and the clients both need one. */

export function isStream(value: unknown): value is AsyncIteratorObject<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** Not a generator: `return()` must reach the source even before the first `next()`. */
export function translateStream(
  source: AsyncIteratorObject<unknown>,
  translate: (error: unknown) => unknown,
): AsyncIteratorObject<unknown> {
  const stream: AsyncIterator<unknown> & { [Symbol.asyncIterator](): typeof stream } = {
    async next() {
      try {
        return await source.next();
      } catch (error) {
        throw translate(error);
      }
    },
    return: (value: unknown) => source.return?.(value) ?? Promise.resolve({ done: true, value }),
    throw: (error) => source.throw?.(error) ?? Promise.reject(error as Error),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return stream as AsyncIteratorObject<unknown>;
}
