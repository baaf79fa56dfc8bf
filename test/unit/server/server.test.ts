/** The loopback server around a real core: who gets in, what is served, how it ends. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServer, type FoveaServer } from '#main/server/server.ts';
import { createSocketClient } from '#shared/clients/web-socket.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';

let test: TestCore;
let server: FoveaServer;
let rendererDir: string;

beforeAll(async () => {
  test = await createTestCore();
  rendererDir = join(test.folder, 'renderer');
  mkdirSync(rendererDir);
  writeFileSync(join(rendererDir, 'index.html'), '<title>page</title>');
  server = await startServer({ core: test.core, rendererDir, port: 0 });
});
afterAll(async () => {
  await server.close();
  await test.close();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Node's own client: fetch would not let a test set Host, Origin or Cookie. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port: server.port, path, headers, method },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    call.on('error', reject);
    call.end();
  });
}

async function letIn(): Promise<string> {
  const { headers } = await ask(`/?token=${server.token}`);
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** The state of a socket once it has opened or failed. */
function tryToConnect(headers: Record<string, string>, path = '/rpc'): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
    socket.on('open', () => {
      socket.close();
      resolve('open');
    });
    socket.on('error', (error) => resolve(error.message));
  });
}

describe('the door', () => {
  it('opens to the token once, with a cookie and a clean address', async () => {
    const { status, headers } = await ask(`/?token=${server.token}`);
    expect(status).toBe(303);
    expect(headers['location']).toBe('/');
    expect(headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    const page = await ask('/', { cookie: await letIn() });
    expect(page).toMatchObject({ status: 200, body: '<title>page</title>' });
  });

  it('carries the project to open over to the clean address, and nothing else', async () => {
    const { headers } = await ask(`/?token=${server.token}&project=%2Fa%2Fb.fovea&x=1`);
    expect(headers['location']).toBe('/?project=%2Fa%2Fb.fovea');
  });

  it.each([
    ['/', {}],
    ['/?token=guess', {}],
    ['/media/x/images/1', {}],
    ['/index.html', { host: 'evil.example' }],
    ['/index.html', { origin: 'https://evil.example' }],
  ])('stays shut to %s with %o', async (path, headers: Record<string, string>) => {
    const answer = await ask(path, headers);
    expect(answer.status).toBe(401);
    expect(answer.body).not.toContain(server.token);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('stays shut to a right cookie under a wrong name or from a wrong page', async () => {
    const cookie = await letIn();
    expect((await ask('/', { cookie, host: 'evil.example' })).status).toBe(401);
    expect((await ask('/', { cookie, origin: 'http://evil.example' })).status).toBe(401);
    expect((await ask('/', { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(401);
    expect((await ask('/upload/x/y', { cookie, origin: 'null' }, 'PUT')).status).toBe(401);
  });

  it('lets sockets in from its own page or with the token itself, nobody else', async () => {
    const cookie = await letIn();
    const { origin } = server;
    expect(await tryToConnect({ cookie, origin })).toBe('open');
    expect(await tryToConnect({ authorization: `Bearer ${server.token}` })).toBe('open');
    for (const headers of [
      {},
      { cookie },
      { origin },
      { cookie, origin: 'https://evil.example' },
      { cookie, origin, host: 'evil.example' },
      { authorization: 'Bearer guess' },
    ]) {
      expect(await tryToConnect(headers as Record<string, string>)).toContain('401');
    }
    expect(await tryToConnect({ cookie, origin }, '/other')).toContain('404');
  });
});

describe('what is served', () => {
  it('carries the security headers, refusals included', async () => {
    const cookie = await letIn();
    for (const answer of [
      await ask('/', { cookie }),
      await ask('/nothing', { cookie }),
      await ask('/'),
    ]) {
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
      expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('is the page, and 404 for what is not there', async () => {
    const cookie = await letIn();
    expect((await ask('/../../etc/passwd', { cookie })).status).toBe(404);
    expect((await ask('/missing.js', { cookie })).status).toBe(404);
  });

  it('answers calls over the socket', async () => {
    const { client, close } = createSocketClient({
      connect: () =>
        new WebSocket(`ws://127.0.0.1:${server.port}/rpc`, {
          headers: { authorization: `Bearer ${server.token}` },
        }),
    });
    expect((await client.system.info()).version).toBe(test.core.context.options.version);
    close();
  });
});

describe('close', () => {
  it('ends open sockets and frees the port', async () => {
    const second = await startServer({ core: test.core, rendererDir, port: 0 });
    const socket = new WebSocket(`ws://127.0.0.1:${second.port}/rpc`, {
      headers: { authorization: `Bearer ${second.token}` },
    });
    await new Promise((resolve) => socket.on('open', resolve));
    const closed = new Promise((resolve) => socket.on('close', resolve));
    await second.close();
    await closed;
    const third = await startServer({ core: test.core, rendererDir, port: second.port });
    expect(third.port).toBe(second.port);
    await expect(
      startServer({ core: test.core, rendererDir, port: third.port }),
    ).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await third.close();
  });
});
