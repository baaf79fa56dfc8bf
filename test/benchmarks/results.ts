/**
 * What the reference experiments on Fashion-MNIST come to, by the command line as a user gives it:
 *
 *   npm run results                    all of them
 *   npm run results -- lenet --seed 2
 *   npm run results -- fashion-small fashion-small-aug --seeds 3
 *   npm run results -- fashion-small fashion-small-aug --averaging ema:decay=0.98
 *   npm run results -- use-unlabeled
 *
 * The large ones run once, those on few labels with seeds 1 to N (use-unlabeled with seed 1). Prints a line an epoch and the
 * tables of docs/results.md. FASHION_MNIST names the folder of IDX files.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deviation, mean } from '#shared/statistics.ts';
import { createCli, type Line } from '../helpers/cli.ts';

const data = process.env['FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist';

interface Experiment {
  preset: string;
  /** A recipe has its own epochs and batch, and answers by several views of an image. */
  recipe?: boolean;
  epochs?: number;
  batch?: number;
  /** The first so many training images; several seeds, since so few say little. */
  labels?: number;
  /** At most so many seeds. */
  seeds?: number;
}

const experiments: Experiment[] = [
  { preset: 'fashion-cnn', epochs: 10, batch: 32 },
  { preset: 'lenet', epochs: 5, batch: 128 },
  { preset: 'fashion-small', epochs: 20, batch: 40, labels: 500 },
  { preset: 'fashion-small-aug', epochs: 50, batch: 40, labels: 500 },
  { preset: 'small-data', recipe: true, labels: 500 },
  { preset: 'use-unlabeled', recipe: true, labels: 500, seeds: 1 },
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '5' },
    /** As the option of `train`: 'ema:decay=0.98'. */
    averaging: { type: 'string' },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => String(index + 1));
const chosen = experiments.filter(
  ({ preset }) => positionals.length === 0 || positionals.includes(preset),
);

const print = (line: string) => process.stdout.write(`${line}\n`);
const number = (line: Line | undefined, name: string) => Number(line?.[name]);
const percent = (share: number) => `${(share * 100).toFixed(2)} %`;

const isDone = ({ event }: Line) => event === 'done';

function started(lines: Line[]): { epochs: number; batch: number } {
  const line = lines.find(({ event }) => event === 'start');
  return { epochs: number(line, 'epochs'), batch: number(line, 'batch') };
}

/** A line of the table of runs: one run each. */
function row({ preset }: Experiment, seed: string, lines: Line[]): string {
  const { epochs, batch } = started(lines);
  const all = lines.filter(({ event }) => event === 'epoch');
  const done = lines.find(isDone);
  const best = all.find(({ epoch }) => epoch === done?.['best_epoch']);
  const last = all.at(-1);
  const rates = all.map((line) => number(line, 'images_per_second')).sort((a, b) => a - b);
  return cells(
    preset,
    epochs,
    batch,
    seed,
    percent(number(last, 'accuracy')),
    percent(number(last, 'val_accuracy')),
    `${percent(number(best, 'val_accuracy'))} (epoch ${number(best, 'epoch')})`,
    `${Math.round(rates[Math.floor(rates.length / 2)] ?? NaN)}`,
    `${Math.round(number(done, 'seconds'))} s`,
  );
}

/**
 * A line of the table of few labels: several seeds. One epoch's test accuracy jumps by a point from
 * the last one's, so there is also each run's mean over its last ten epochs.
 */
function seedsRow({ preset, labels }: Experiment, runs: Line[][]): string {
  const { epochs, batch } = started(runs[0] ?? []);
  const answers = runs.flatMap((lines) => lines.filter(({ split }) => split === 'test'));
  const last = runs.map((lines) => lines.findLast(({ event }) => event === 'epoch'));
  const test = last.map((line) => number(line, 'val_accuracy'));
  const settled = runs.map((lines) => {
    const measured = lines.filter(({ event }) => event === 'epoch').slice(-10);
    return mean(measured.map((line) => number(line, 'val_accuracy')));
  });
  const seconds = runs.map((lines) => number(lines.find(isDone), 'seconds'));
  return cells(
    preset,
    `${labels}`,
    epochs,
    batch,
    runs.length,
    `${percent(mean(test))} ± ${percent(deviation(test))}`,
    `${percent(mean(settled))} ± ${percent(deviation(settled))}`,
    answers.length === 0 ? '–' : percent(mean(answers.map((line) => number(line, 'accuracy')))),
    `${percent(Math.min(...test))} to ${percent(Math.max(...test))}`,
    percent(mean(last.map((line) => number(line, 'accuracy')))),
    `${Math.round(mean(seconds))} s`,
  );
}

const cells = (...values: (string | number)[]) => `| ${values.join(' | ')} |`;

function show(heading: string[], rows: string[]): void {
  if (rows.length === 0) return;
  print('');
  print(cells(...heading));
  print(cells(...heading.map(() => '---')));
  for (const line of rows) print(line);
}

const cli = createCli();
try {
  const project = join(cli.folder, 'fashion.fovea');
  await cli.json('create', project);
  await cli.json('import', project, data);
  const train = async ({ preset, recipe, epochs, batch, labels }: Experiment, seed: string) => {
    const lines = await cli.json(
      ...['train', project, recipe ? '--recipe' : '--preset', preset],
      ...['--seed', seed, '--validate-on', 'test'],
      ...(epochs === undefined ? [] : ['--epochs', String(epochs)]),
      ...(batch === undefined ? [] : ['--batch', String(batch)]),
      ...(labels === undefined ? [] : ['--train-limit', String(labels)]),
      ...(values.averaging === undefined ? [] : ['--averaging', values.averaging]),
    );
    if (recipe) {
      const run = String(lines.find(isDone)?.['run']);
      const last = ['--checkpoint', 'last', '--split', 'test'];
      lines.push(...(await cli.json('evaluate', project, run, ...last)));
    }
    for (const line of lines) print(JSON.stringify(line));
    return lines;
  };
  const once: string[] = [];
  const repeated: string[] = [];
  for (const experiment of chosen) {
    if (experiment.labels === undefined) {
      once.push(row(experiment, values.seed, await train(experiment, values.seed)));
    } else {
      const runs: Line[][] = [];
      for (const seed of seeds.slice(0, experiment.seeds)) runs.push(await train(experiment, seed));
      repeated.push(seedsRow(experiment, runs));
    }
  }
  show(
    [
      ...['preset', 'epochs', 'batch', 'seed', 'training', 'test, last epoch'],
      ...['test, best epoch', 'images/s', 'time'],
    ],
    once,
  );
  show(
    [
      ...['preset', 'labels', 'epochs', 'batch', 'seeds', 'test, last epoch'],
      ...['test, last ten epochs', 'test, all views', 'from … to'],
      ...['training', 'time a run'],
    ],
    repeated,
  );
} finally {
  cli.remove();
}
