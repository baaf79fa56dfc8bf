import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCli, type Cli, type Line } from '../helpers/cli.ts';
import { watchMemory } from '../helpers/process-tree.ts';
import { GOOD, makeTortureFolder, type Torture } from './torture-folder.ts';

const MB = 1024 * 1024;

let cli: Cli;
let source: string;
let torture: Torture;

beforeAll(async () => {
  cli = createCli();
  source = join(cli.folder, 'source with 图');
  mkdirSync(source);
  torture = await makeTortureFolder(source);
});
afterAll(() => cli.remove());

it('takes the good pictures in, names every other file with a reason, in bounded memory', async () => {
  const project = join(cli.folder, 'torture.fovea');
  await cli.json('create', project);
  const child = cli.start('--json', 'import', project, source);
  const memory = watchMemory(child.pid ?? 0);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const peak = memory.stop();
  expect(code, stderr).toBe(0);

  const report = JSON.parse(stdout) as Line;
  const skipped = report['skipped'] as { file: string; reason: string }[];
  process.stdout.write(`${skipped.map(({ file, reason }) => `${file}: ${reason}`).join('\n')}\n`);
  process.stdout.write(
    `peak memory: ${Math.round(peak.own / MB)} MB, with decoders ${Math.round(peak.tree / MB)} MB\n`,
  );
  const named = (file: string): boolean => skipped.some((each) => each.file.endsWith(file));
  for (const file of [...torture.bad, torture.huge]) expect(named(file), file).toBe(true);
  expect(skipped).toHaveLength(torture.bad.length + 1);
  for (const { reason } of skipped) expect(reason).toMatch(/^\S.{8,}/);
  expect(report['added']).toBe(GOOD);
  expect(report['duplicates']).toBe(0);
  expect(peak.own).toBeLessThan(600 * MB);
  expect(peak.tree).toBeLessThan(2500 * MB);

  const again = (await cli.json('import', project, source)).at(-1);
  expect(again).toMatchObject({ added: 0, duplicates: GOOD });
});
