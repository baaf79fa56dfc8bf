/** A server of its own and a page that it let in, for each test. */
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { startServerProcess, type ServerFolders, type ServerProcess } from './server-process.ts';

export interface Fixtures {
  folders: ServerFolders & { root: string };
  server: ServerProcess;
  /** The page, opened at the server's address; it fails the test on errors and on foreign requests. */
  app: Page;
}

export const test = base.extend<Fixtures>({
  folders: async ({}, use) => {
    const root = mkdtempSync(join(tmpdir(), 'fovea-e2e-'));
    const folders = { root, dataDir: join(root, 'data'), projectsDir: join(root, 'projects') };
    mkdirSync(folders.projectsDir);
    await use(folders);
    rmSync(root, { recursive: true, force: true });
  },
  server: async ({ folders }, use) => {
    const server = await startServerProcess(folders);
    await use(server);
    if (server.process.exitCode === null && server.process.signalCode === null) {
      expect(await server.stop(), server.log()).toBe(0);
    }
  },
  app: async ({ page, server }, use) => {
    const complaints: string[] = [];
    const { origin } = new URL(server.url);
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
      // What a content security policy refuses is reported here too.
      if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) complaints.push(`request: ${url}`);
    });
    await page.goto(server.url);
    await use(page);
    expect(complaints).toEqual([]);
  },
});

export { expect };
