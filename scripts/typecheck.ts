/**
 * Type-checks each layer with its own tsconfig, so that a layer can only see what it may use. What
 * did not change since the last time is not checked again: `dist/.types` remembers.
 */
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
for (const layer of layers) {
  const memory = `dist/.types/${layer.replaceAll('/', '-')}.tsbuildinfo`;
  const options = ['-p', `${layer}/tsconfig.json`, '--incremental', '--tsBuildInfoFile', memory];
  ok = run('tsc', options) && ok;
}
// svelte-check reads .svelte and .ts files of the renderer alike.
ok = run('svelte-check', ['--tsconfig', 'src/renderer/tsconfig.json', '--fail-on-warnings']) && ok;
process.exitCode = ok ? 0 : 1;
