/** Chromium, and a page's folder on a port of this machine. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const nodeModules = join(import.meta.dirname, '../../node_modules');
const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };

export interface PageOnPort {
  page: Page;
  address: string;
  close(): Promise<void>;
}

/** Serves a folder, with the checkout's node_modules beside it, to a page that reaches nothing else. */
export async function openFolder(folder: string): Promise<PageOnPort> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    const [, first] = path.split(/[/\\]/);
    const file = join(first === 'node_modules' ? join(nodeModules, '..') : folder, path);
    if (!existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  const address = await listen(server);
  const browser = await launch();
  const page = await browser.newPage();
  await page.route(
    (url) => url.origin !== address && url.protocol !== 'data:',
    (route) => route.abort(),
  );
  return {
    page,
    address,
    async close() {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function launch(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
