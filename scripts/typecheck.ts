/** Type-checks each layer with its own tsconfig, so that a layer can only see what it may use. */
import { spawnSync } from 'node:child_process';

const layers = [
  'src/shared',
  'src/main/core',
  'src/main/server',
  'src/main/electron',
  'src/page',
  'test',
];

function run(command: string, args: string[]): boolean {
  const result = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return result.status === 0;
}

let ok = true;
for (const layer of layers) ok = run('tsc', ['-p', `${layer}/tsconfig.json`]) && ok;
// svelte-check reads .svelte and .ts files of the renderer alike.
ok = run('svelte-check', ['--tsconfig', 'src/renderer/tsconfig.json', '--fail-on-warnings']) && ok;
process.exitCode = ok ? 0 : 1;
