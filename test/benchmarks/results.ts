/**
 * What the reference experiments on Fashion-MNIST come to, by the command line as a user gives it:
 *
 *   npm run results                    all of them, one run each with seed 1
 *   npm run results -- lenet --seed 2
 *
 * Prints a line an epoch and the table of docs/results.md. FASHION_MNIST names the folder of IDX files.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createCli, type Line } from '../helpers/cli.ts';

const data = process.env['FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist';

interface Experiment {
  preset: string;
  epochs: number;
  batch: number;
}

const experiments: Experiment[] = [
  { preset: 'fashion-cnn', epochs: 10, batch: 32 },
  { preset: 'lenet', epochs: 5, batch: 128 },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
});
const { seed } = values;
const chosen = experiments.filter(
  ({ preset }) => positionals.length === 0 || positionals.includes(preset),
);

const print = (line: string) => process.stdout.write(`${line}\n`);
const number = (line: Line | undefined, name: string) => Number(line?.[name]);
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

function row({ preset, epochs, batch }: Experiment, lines: Line[]): string {
  const all = lines.filter(({ event }) => event === 'epoch');
  const done = lines.at(-1);
  const best = all.find(({ epoch }) => epoch === done?.['best_epoch']);
  const last = all.at(-1);
  const rates = all.map((line) => number(line, 'images_per_second')).sort((a, b) => a - b);
  return `| ${[
    preset,
    epochs,
    batch,
    seed,
    percent(number(last, 'accuracy')),
    percent(number(last, 'val_accuracy')),
    `${percent(number(best, 'val_accuracy'))} (epoch ${number(best, 'epoch')})`,
    `${Math.round(rates[Math.floor(rates.length / 2)] ?? NaN)}`,
    `${Math.round(number(done, 'seconds'))} s`,
  ].join(' | ')} |`;
}

const cli = createCli();
try {
  const project = join(cli.folder, 'fashion.fovea');
  await cli.json('create', project);
  await cli.json('import', project, data);
  const table: string[] = [];
  for (const experiment of chosen) {
    const { preset, epochs, batch } = experiment;
    const lines = await cli.json(
      ...['train', project, '--preset', preset, '--epochs', String(epochs)],
      ...['--batch', String(batch), '--seed', seed, '--validate-on', 'test'],
    );
    for (const line of lines) print(JSON.stringify(line));
    table.push(row(experiment, lines));
  }
  print('');
  print(
    '| preset | epochs | batch | seed | training | test, last epoch | test, best epoch | images/s | time |',
  );
  print('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const line of table) print(line);
} finally {
  cli.remove();
}
