/**
 * Packs the app as `npm run dist` does, without making installers, and checks the outcome: what is
 * inside, what is not, and that the packed files work under the Node that is packed beside them.
 * Where the Electron binary is not installed a stand-in takes its place; all else is real.
 *
 *     node scripts/verify-dist.ts [--e2e]
 *
 * `--e2e` also runs end-to-end tests against the packed app.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { extractAll, listPackage } from '@electron/asar';
import { Arch, build, Platform } from 'electron-builder';
import { buildStale } from './build.ts';
import { makeStandInElectron } from './stand-in-electron.ts';

const root = join(import.meta.dirname, '..');
const temporary = mkdtempSync(join(tmpdir(), 'fovea-dist-'));
let passes = 0;
let failures = 0;

function check(what: string, ok: boolean, detail = ''): void {
  if (ok) passes += 1;
  else failures += 1;
  process.stdout.write(
    `${ok ? 'ok    ' : 'FAILED'}  ${what}${detail === '' ? '' : `: ${detail}`}\n`,
  );
}

/** Files below a folder, as paths relative to it with '/'. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

function megabytes(files: string[], folder: string): string {
  const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Packs for Linux of this machine's architecture; returns the folder with `resources`. */
async function pack(): Promise<string> {
  const installed = existsSync(join(root, 'node_modules/electron/path.txt'));
  const electronDist = join(temporary, 'electron');
  if (!installed) makeStandInElectron(electronDist);
  const output = join(temporary, 'out');
  // Fails when the configuration does not match electron-builder's schema.
  await build({
    projectDir: root,
    targets: Platform.LINUX.createTarget('dir', process.arch === 'arm64' ? Arch.arm64 : Arch.x64),
    publish: 'never',
    config: {
      extends: join(root, 'electron-builder.yml'),
      directories: { output },
      ...(installed ? {} : { electronDist }),
    },
  });
  const folder = readdirSync(output).find((name) => name.endsWith('unpacked'));
  if (folder === undefined) throw new Error('electron-builder left no unpacked app.');
  process.stdout.write(
    `packed with ${installed ? 'the Electron binary' : 'a stand-in for Electron'}\n`,
  );
  return join(output, folder);
}

function checkContents(resources: string): void {
  const inArchive = listPackage(join(resources, 'app.asar'), { isPack: false }).map((path) =>
    path.replaceAll('\\', '/').replace(/^\//, ''),
  );
  const beside = filesBelow(join(resources, 'app.asar.unpacked'));
  const all = [...new Set([...inArchive, ...beside])];
  const platform = `${process.platform}-${process.arch}`;
  process.stdout.write(
    `app.asar lists ${inArchive.length} entries; ${beside.length} files lie beside it, ${megabytes(beside, join(resources, 'app.asar.unpacked'))}\n`,
  );

  for (const file of [
    'package.json',
    'dist/main/electron.js',
    'dist/main/preload.cjs',
    'dist/main/cli.js',
    'dist/main/engine-worker.js',
    'dist/main/replica-worker.js',
    'dist/main/data-worker.js',
    'dist/main/decode-worker.js',
    'dist/renderer/index.html',
    'dist/page/index.html',
  ]) {
    check(`${file} is in`, all.includes(file));
  }
  for (const file of [
    'dist/main/engine-worker.js',
    'dist/main/replica-worker.js',
    'dist/main/data-worker.js',
    'dist/main/decode-worker.js',
    'dist/main/cli.js',
    'package.json',
  ]) {
    check(`${file} is readable by plain Node`, beside.includes(file));
  }
  for (const file of ['dist/main/electron.js', 'dist/main/preload.cjs']) {
    check(
      `${file} is covered by the archive's integrity check`,
      inArchive.includes(file) && !beside.includes(file),
    );
  }

  const packages = new Set(
    all.flatMap((file) => /^node_modules\/(@[^/]+\/[^/]+|[^@/]+)\//.exec(file)?.[1] ?? []),
  );
  const expected = new Set([
    'better-sqlite3',
    'onnxruntime-node',
    'onnxruntime-common',
    'sharp',
    'detect-libc',
    'semver',
    '@img/colour',
    `@img/sharp-${platform}`,
    `@img/sharp-libvips-${platform}`,
  ]);
  const surplus = [...packages].filter((name) => !expected.has(name));
  check('only native packages and what they load', surplus.length === 0, surplus.join(', '));
  for (const name of ['better-sqlite3', 'onnxruntime-node', 'sharp', `@img/sharp-${platform}`]) {
    check(`package ${name} is in`, packages.has(name));
  }

  const natives = all.filter((file) => /\.(node|so|dylib|dll)(\.[\d.]+)?$/.test(file));
  const foreign = natives.filter((file) => isForeign(file));
  check('natives are for this platform only', foreign.length === 0, foreign.join(', '));
  const packed = natives.filter((file) => !beside.includes(file));
  check(
    'natives lie beside the archive',
    packed.length === 0 && natives.length >= 4,
    `${natives.length} files`,
  );

  const sources = all.filter(
    (file) =>
      /\.(ts|mts|cts|svelte|map|cc|cpp|h|gyp)$/.test(file) ||
      file.startsWith('src/') ||
      file.startsWith('test/'),
  );
  check('no sources, types or tests', sources.length === 0, sources.slice(0, 5).join(', '));

  const besides = filesBelow(resources).filter((file) => !file.startsWith('app.asar'));
  for (const file of [
    'node/node',
    'icon.png',
    'LICENSE.txt',
    'THIRD-PARTY-NOTICES.txt',
    'backbones/LICENSE.txt',
    'backbones/efficientnet-lite0.onnx',
    'samples/fashion-mnist-small/LICENSE',
    'samples/fashion-mnist-small/train-images-idx3-ubyte.gz',
  ]) {
    check(`resource ${file} is in`, besides.includes(file));
  }
}

/** Whether a native file names a platform or architecture that is not this one. */
function isForeign(file: string): boolean {
  const words = file.toLowerCase().split(/[^a-z0-9]+/);
  const platforms = ['linux', 'darwin', 'win32', 'linuxmusl', 'freebsd'].filter(
    (name) => name !== process.platform,
  );
  const architectures = ['x64', 'arm64', 'ia32', 'arm'].filter((name) => name !== process.arch);
  return [...platforms, ...architectures].some((name) => words.includes(name));
}

/** A day in short, by the packed command line under the packed Node. */
function checkWorks(what: string, node: string, appFolder: string): void {
  const home = join(temporary, `home-${what}`);
  const project = join(home, 'day.fovea');
  const samples = join(root, 'resources/samples/fashion-mnist-small');
  const fovea = (...options: string[]): Record<string, unknown>[] => {
    const output = execFileSync(node, [join(appFolder, 'dist/main/cli.js'), '--json', ...options], {
      // Away from the checkout, so that nothing can be found in its node_modules.
      cwd: temporary,
      env: { PATH: '/usr/bin:/bin', HOME: home, FOVEA_DATA_DIR: join(home, 'data') },
      encoding: 'utf8',
    });
    return output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const last = (lines: Record<string, unknown>[]): Record<string, unknown> => lines.at(-1) ?? {};
  try {
    check(`${what}: doctor finds all well`, last(fovea('doctor'))['ok'] === true);
    fovea('create', project);
    const imported = last(fovea('import', project, samples));
    check(
      `${what}: imports the sample`,
      imported['added'] === 2500,
      `${String(imported['added'])} images`,
    );
    const trained = last(
      fovea(
        'train',
        project,
        '--preset',
        'fashion-small',
        '--epochs',
        '1',
        '--validate-on',
        'test',
      ),
    );
    check(`${what}: trains`, trained['event'] === 'done' && trained['parameters'] === 266_986);
    const exported = last(
      fovea('export', project, 'latest', '--format', 'onnx', '--out', join(home, 'out')),
    );
    check(`${what}: exports, and the file agrees`, exported['agreement'] === 1);
    // Its fonts are files inside the bundle.
    const pdf = join(home, 'report.pdf');
    fovea('report', project, 'latest', '--out', pdf);
    check(`${what}: writes a PDF report`, readFileSync(pdf).subarray(0, 5).toString() === '%PDF-');
    const draws = last(fovea('augment', project, '--image', '1', '--out', join(home, 'draws')));
    check(`${what}: draws what training sees`, (draws['files'] as string[]).length === 17);
  } catch (error) {
    check(`${what}: works`, false, error instanceof Error ? error.message : String(error));
  }
}

/**
 * What could be missing from a package that `checkWorks` does not meet: pages and assets. What else the
 * window can do is the same code as in the build.
 */
const PACKED_TESTS = ['smoke', 'day'];

function runEndToEnd(node: string, appFolder: string): void {
  const { status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/@playwright/test/cli.js'), 'test', ...PACKED_TESTS],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        FOVEA_NODE: node,
        FOVEA_CLI: join(appFolder, 'dist/main/cli.js'),
        E2E_REPORT: 'test-results/e2e-packed.json',
        E2E_OUTPUT: 'test-results/e2e-packed',
      },
    },
  );
  check('the end-to-end tests pass against the packed app', status === 0);
}

try {
  await buildStale();
  const app = await pack();
  const resources = join(app, 'resources');
  checkContents(resources);

  const node = join(resources, 'node', 'node');
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  check('the packed Node starts', /^v2[4-9]\./.test(version), version);
  // As it is installed: the engine, the decoders and the command line lie beside the archive.
  checkWorks('installed', node, join(resources, 'app.asar.unpacked'));
  // And the archive by itself, with what is unpacked folded back in.
  const extracted = join(temporary, 'extracted');
  extractAll(join(resources, 'app.asar'), extracted);
  // Outside of an archive the app looks for its resources in its own folder.
  for (const folder of ['samples', 'backbones']) {
    cpSync(join(resources, folder), join(extracted, 'resources', folder), { recursive: true });
  }
  checkWorks('extracted', node, extracted);
  if (process.argv.includes('--e2e')) runEndToEnd(node, extracted);
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
mkdirSync(join(root, 'test-results'), { recursive: true });
writeFileSync(
  join(root, 'test-results/dist.json'),
  JSON.stringify({ passed: passes, failed: failures }),
);
process.stdout.write(failures === 0 ? 'The package is right.\n' : `${failures} checks failed.\n`);
process.exitCode = failures === 0 ? 0 : 1;
