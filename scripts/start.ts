/**
 * `npm start`: builds what is stale and opens the workbench. In Electron where its binary is
 * installed; otherwise the same app is served on a loopback port, in an app window of an installed
 * Chromium, Chrome or Edge if there is one, and its address is printed.
 *
 *     npm start -- [--port N] [--no-open] [project.fovea]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { defaultDataDir } from '#core/default-options.ts';
import { buildStale } from './build.ts';
import { electronBinary } from './electron-binary.ts';
import { findBrowser, hasDisplay } from './find-browser.ts';

const root = join(import.meta.dirname, '..');

/** Starts the server and resolves with its address. */
async function serve(options: string[]): Promise<{ server: ChildProcess; url: string }> {
  const server = spawn(
    process.execPath,
    [join(root, 'dist/main/cli.js'), 'serve', '--json', '--sample', ...options],
    // Ctrl-C reaches the whole group; the server closes by itself.
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: server.stdout })) {
    const message = JSON.parse(line) as { event: string; url: string };
    if (message.event === 'listening') return { server, url: message.url };
  }
  throw new Error('The server ended before it was ready.');
}

/** A window of its own, with a profile of its own, so that it lives and dies with this program. */
function openWindow(browser: string, url: string): ChildProcess {
  const profile = join(defaultDataDir(), 'window');
  const options = [
    `--app=${url}`,
    `--user-data-dir=${profile}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    // Chromium refuses to run as root (containers) with its sandbox.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  return spawn(browser, options, { stdio: 'ignore' });
}

const { values, positionals } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'no-open': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const built = await buildStale();
if (built.length > 0) process.stdout.write(`Built ${built.join(' and ')}.\n`);

const windowPossible = hasDisplay() && !values['no-open'];
const electron = electronBinary();
if (electron !== null && windowPossible) {
  const app = spawn(electron, [root, ...positionals], { stdio: 'inherit' });
  [process.exitCode] = (await once(app, 'exit')) as [number | undefined];
} else {
  const { server, url } = await serve(['--port', values.port, ...positionals]);
  process.stdout.write(`Fovea is at ${url}\n`);
  process.stdout.write('Press Ctrl-C to stop it.\n');
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  const browser = windowPossible ? findBrowser() : null;
  if (browser !== null) {
    const window = openWindow(browser, url);
    window.on('error', (error) => process.stdout.write(`No window: ${error.message}\n`));
    window.on('exit', () =>
      process.stdout.write(`The window is closed; Fovea still runs at ${url}\n`),
    );
  }
  [process.exitCode] = (await once(server, 'exit')) as [number | undefined];
}
