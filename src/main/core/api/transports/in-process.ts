import { createRouterClient, type AnyRouter } from '@orpc/server';
import type { FoveaClient } from '#shared/contract/index.ts';

/**
 * A client in the core's own process (the command line, tests). Calls pass the same validation and
 * give the same errors as over a wire; only the serialization is missing.
 */
export function createInProcessClient<Client extends object = FoveaClient>(
  router: AnyRouter,
  context: object,
): Client {
  return createRouterClient(router, {
    context,
    interceptors: [
      ({ next, signal }) => {
        // As over a wire: what is cancelled before it starts does not start.
        signal?.throwIfAborted();
        return next();
      },
    ],
  }) as unknown as Client;
}
