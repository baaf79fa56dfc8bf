/** Builds the page of web exports: program, style, font and ONNX Runtime in one HTML file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { pageElements } from '../src/shared/exported-page.ts';

const RUNTIME = 'node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm';

/** @returns the files that went into it */
export async function buildPage(root: string): Promise<string[]> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/page/main.ts', 'src/page/page.css'],
    outdir: 'dist/page',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome120', 'firefox121', 'safari17'],
    loader: { '.woff2': 'dataurl' },
    legalComments: 'inline',
    metafile: true,
    write: false,
    // Of the runtime's code for Node.
    external: ['node:*', 'module', 'worker_threads'],
  });
  const [program = '', style = ''] = ['.js', '.css'].map(
    (end) => outputFiles.find(({ path }) => path.endsWith(end))?.text,
  );
  const runtime = gzipSync(readFileSync(join(root, RUNTIME)), { level: 9 }).toString('base64');
  const page = readFileSync(join(root, 'src/page/index.html'), 'utf8')
    .replace('/* style */', () => style)
    .replace(
      '<!-- program -->',
      () => `<script type="text/plain" id="${pageElements.runtime}">${runtime}</script>
    <script type="module">${program}</script>`,
    );
  mkdirSync(join(root, 'dist/page'), { recursive: true });
  writeFileSync(join(root, 'dist/page/index.html'), page);
  return [...Object.keys(metafile.inputs), RUNTIME];
}
