/**
 * What a pretrained network brings to a few pictures, by the command line as a user gives it:
 *
 *   npm run results:transfer                     Tux Paint's stamps, three seeds each way
 *   npm run results:transfer -- --fashion        Fashion-MNIST's first 500 labels (FASHION_MNIST)
 *
 * Prints the lines of the command and the tables of docs/results.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deviation, mean } from '#shared/statistics.ts';
import { createCli, type Line } from '../helpers/cli.ts';
import { makeStamps } from './stamps.ts';

const { values } = parseArgs({
  options: {
    fashion: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '3' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => String(index + 1));

// At the network's own 224 × 224, pictures of 28 × 28 would take five times as long.
const backbone = ['--backbone', values.backbone, ...(values.fashion ? ['--size', '96'] : [])];
const ways: [name: string, settings: string[]][] = [
  ['frozen network + head', backbone],
  ['then its top fine-tuned', [...backbone, '--two-phase']],
  ['small-data, from scratch', ['--recipe', 'small-data']],
];

const print = (line: string) => process.stdout.write(`${line}\n`);
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;
const lastEpoch = (lines: readonly Line[]) => lines.findLast(({ event }) => event === 'epoch');

const cli = createCli();
try {
  const project = join(cli.folder, 'transfer.fovea');
  await cli.json('create', project);
  if (values.fashion) {
    await cli.json(
      'import',
      project,
      process.env['FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist',
    );
  } else {
    const stamps = join(cli.folder, 'stamps');
    print(JSON.stringify(makeStamps(stamps)));
    await cli.json('import', project, stamps);
  }
  const rows: string[] = [];
  for (const [name, settings] of ways) {
    const runs: Line[][] = [];
    for (const seed of seeds) {
      const lines = await cli.json(
        ...['train', project, ...settings, '--seed', seed, '--validate-on', 'test'],
        ...(values.fashion ? ['--train-limit', '500'] : []),
      );
      runs.push(lines);
      print(JSON.stringify([name, seed, lastEpoch(lines), lines.at(-1)]));
    }
    const test = runs.map((lines) => Number(lastEpoch(lines)?.['val_accuracy']));
    const seconds = runs.map((lines) => Number(lines.at(-1)?.['seconds']));
    const spread = `${percent(mean(test))} ± ${percent(deviation(test))}`;
    rows.push(`| ${[name, spread, `${Math.round(mean(seconds))} s`].join(' | ')} |`);
  }
  print('\n| way | test, last epoch | time a run |\n| --- | --- | --- |');
  for (const row of rows) print(row);
} finally {
  cli.remove();
}
