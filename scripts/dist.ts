/**
 * `npm run dist`: desktop packages for this machine's platform (AppImage and deb, NSIS, or dmg)
 * in `out/`. Needs the Electron binary, which electron-builder downloads.
 */
import { join } from 'node:path';
import { build, Arch, Platform } from 'electron-builder';
import { buildStale } from './build.ts';

const root = join(import.meta.dirname, '..');

await buildStale();
const arch = process.arch === 'arm64' ? Arch.arm64 : Arch.x64;
const files = await build({
  projectDir: root,
  targets: Platform.current().createTarget(null, arch),
  publish: 'never',
});
for (const file of files) process.stdout.write(`${file}\n`);
