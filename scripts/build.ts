/**
 * Builds what is stale: the renderer with Vite into `dist/renderer`, the main side with esbuild
 * into `dist/main`, the page of web exports into one file, `dist/page/index.html`.
 *
 *     node scripts/build.ts [--force]
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build as vite } from 'vite';
import { buildPage } from './build-page.ts';
import { packagesOf, writeNotices } from './notices.ts';

const root = join(import.meta.dirname, '..');

interface Target {
  name: string;
  /** Files whose change makes it stale. */
  inputs: string[];
  /** Missing: stale, whatever the stamp says. */
  output: string;
  /** @returns the files that went into it */
  build(): Promise<string[]>;
}

/** Programs of the main side → their bundle's name; core/entries.ts knows the workers' names. */
const programs = {
  electron: 'src/main/electron/main.ts',
  cli: 'src/main/cli/main.ts',
  'engine-worker': 'src/main/core/engine/worker.ts',
  'replica-worker': 'src/main/core/engine/training/cpu/replica-worker.ts',
  'data-worker': 'src/main/core/engine/data/data-worker.ts',
  'decode-worker': 'src/main/core/library/decode/worker.ts',
};

/** Native packages and what is optional stay packages; all else goes into the bundles. */
const external = [
  'electron',
  'better-sqlite3',
  'onnxruntime-node',
  'sharp',
  '@tensorflow/tfjs-node-gpu',
];

const shared = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  sourcemap: 'linked',
  external,
} as const;

const targets: Target[] = [
  {
    name: 'renderer',
    inputs: ['src/renderer/**', 'src/shared/**', 'vite.config.ts', 'package-lock.json'],
    output: 'dist/renderer/index.html',
    build: async () => {
      const result = await vite({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
      const outputs = [result].flat().flatMap((each) => ('output' in each ? each.output : []));
      return outputs.flatMap((each) =>
        each.type === 'chunk' ? Object.keys(each.modules) : each.originalFileNames,
      );
    },
  },
  {
    name: 'main',
    inputs: ['src/main/**', 'src/shared/**', 'scripts/build.ts', 'package-lock.json'],
    output: 'dist/main/cli.js',
    build: async () => {
      const bundles = await esbuild({
        ...shared,
        absWorkingDir: root,
        metafile: true,
        entryPoints: programs,
        outdir: 'dist/main',
        format: 'esm',
        // CommonJS packages inside an ES module bundle still call require, and ask where they lie.
        banner: {
          js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url); const __dirname = import.meta.dirname;",
        },
      });
      // Sandboxed preload scripts are CommonJS.
      await esbuild({
        ...shared,
        absWorkingDir: root,
        entryPoints: ['src/main/electron/preload.ts'],
        outfile: 'dist/main/preload.cjs',
        format: 'cjs',
      });
      return Object.keys(bundles.metafile.inputs);
    },
  },
  {
    name: 'page',
    inputs: [
      'src/page/**',
      'src/shared/exported-page.ts',
      'src/renderer/ui/tokens.css',
      'scripts/build-page.ts',
      'package-lock.json',
    ],
    output: 'dist/page/index.html',
    build: () => buildPage(root),
  },
];

/** Changes when any input is added, removed or written. */
function stampOf(target: Target): string {
  const hash = createHash('sha256');
  const files = target.inputs.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  for (const file of files) {
    const { mtimeMs, size } = statSync(join(root, file));
    hash.update(`${file}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest('hex');
}

/** @returns the names of the targets that were built */
export async function buildStale(force = false): Promise<string[]> {
  const built: string[] = [];
  mkdirSync(join(root, 'dist'), { recursive: true });
  for (const target of targets) {
    const stampFile = join(root, 'dist', `.${target.name}.stamp`);
    const stamp = stampOf(target);
    const fresh =
      !force &&
      existsSync(join(root, target.output)) &&
      existsSync(stampFile) &&
      readFileSync(stampFile, 'utf8') === stamp;
    if (fresh) continue;
    const files = await target.build();
    writeFileSync(join(root, 'dist', `.${target.name}.packages`), packagesOf(files).join('\n'));
    writeFileSync(stampFile, stamp);
    built.push(target.name);
  }
  if (built.length > 0) writeNotices(root);
  return built;
}

if (import.meta.main) {
  const started = performance.now();
  const built = await buildStale(process.argv.includes('--force'));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    built.length === 0
      ? 'Everything is up to date.\n'
      : `Built ${built.join(' and ')} in ${seconds} s.\n`,
  );
}
