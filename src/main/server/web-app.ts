/**
 * The one `(Request) => Response` app: the renderer's files, pictures and uploads. The loopback
 * server puts access control in front of it; Electron's protocol handler calls it as it is.
 */
import { Hono } from 'hono';
import { createMediaApp } from '#core/api/media.ts';
import type { CoreContext } from '#core/context.ts';
import { pageFile } from './page-files.ts';
import { securityHeaders } from './security-headers.ts';

/** @param rendererDir folder of the built renderer */
export function createWebApp(context: CoreContext, rendererDir: string): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) c.res.headers.set(name, value);
  });
  app.route('/', createMediaApp(context));
  app.get(
    '*',
    async (c) => (await pageFile(rendererDir, new URL(c.req.url).pathname)) ?? c.notFound(),
  );
  app.notFound((c) => c.text('There is nothing at this address.', 404));
  app.onError((error, c) => {
    context.log.error({ err: error, path: c.req.path }, 'request failed');
    return c.text('Something went wrong while answering this request.', 500);
  });
  return app;
}
