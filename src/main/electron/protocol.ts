import { protocol } from 'electron';
import type { Core } from '#core/create-core.ts';
import { createWebApp } from '#main/server/web-app.ts';
import { appOrigin } from './network-policy.ts';

const scheme = 'fovea';

/** Before the app is ready: `fovea://app/` is an origin like any https one. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme,
      privileges: {
        standard: true,
        secure: true,
        supportFetchAPI: true,
        stream: true,
        codeCache: true,
      },
    },
  ]);
}

/** Page, pictures and thumbnails, from the app that the loopback server uses too. */
export function handleAppProtocol(core: Core, rendererDir: string): void {
  const web = createWebApp(core.context, rendererDir);
  protocol.handle(scheme, (request) =>
    request.url.startsWith(`${appOrigin}/`)
      ? web.fetch(request)
      : new Response('There is nothing at this address.', { status: 404 }),
  );
}
