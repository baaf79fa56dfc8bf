/**
 * A folder in the shape of an Electron distribution for Linux, for machines where the binary cannot
 * be downloaded: electron-builder packs everything else for real around it. It cannot be started.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where @electron/fuses looks for the switches inside the binary. */
const fuseSentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const FUSE_VERSION = 1;
const FUSES = 16;

export function makeStandInElectron(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'));
  const wire = Buffer.concat([
    Buffer.from(fuseSentinel),
    Buffer.from([FUSE_VERSION, FUSES]),
    Buffer.from('0'.repeat(FUSES)),
  ]);
  const script = '#!/bin/sh\necho "This is not Electron."; exit 1\n#';
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.from(script), wire]), {
    mode: 0o755,
  });
  writeFileSync(join(folder, 'chrome-sandbox'), '', { mode: 0o755 });
  writeFileSync(join(folder, 'chrome_crashpad_handler'), '', { mode: 0o755 });
  for (const file of [
    'version',
    'LICENSE',
    'LICENSES.chromium.html',
    'locales/en-US.pak',
    'locales/de.pak',
  ]) {
    writeFileSync(join(folder, file), '');
  }
}
