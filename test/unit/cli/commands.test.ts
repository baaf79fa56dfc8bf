/** A day on the command line, as a script sees it: arguments, JSON lines, exit codes, one-line errors. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { wilsonInterval } from '#shared/metrics.ts';
import { createCli, runHere, type Cli, type CliResult, type Line } from '../../helpers/cli.ts';
import { sampleFolder } from '../../helpers/core.ts';

/** One dense layer: 28 · 28 weights and a bias for each class. */
const smallSpec = {
  name: 'small',
  input: { height: 28, width: 28, channels: 1 },
  layers: [{ type: 'flatten' }, { type: 'dense', units: 'classes', activation: 'softmax' }],
  loss: 'crossentropy',
  optimizer: { type: 'adam' },
};

let cli: Cli;
let project: string;
/** Holds `smallSpec`. */
let specFile: string;

beforeAll(() => {
  cli = createCli();
  specFile = join(cli.folder, 'small.json');
  writeFileSync(specFile, JSON.stringify(smallSpec));
  project = join(cli.folder, 'day.fovea');
  vi.stubEnv('FOVEA_DATA_DIR', join(cli.folder, 'data'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  cli.remove();
});

/** Non-zero, nothing on standard output, exactly one line on standard error. */
function expectFailure(
  result: Pick<CliResult, 'code' | 'stdout' | 'stderr'>,
  message: RegExp,
): void {
  expect(result.code).toBeGreaterThan(0);
  expect(result.stdout).toBe('');
  expect(result.stderr).toMatch(message);
  expect(result.stderr.trimEnd().split('\n')).toHaveLength(1);
}

describe('a day', () => {
  it('begins with a doctor who finds all well', async () => {
    const [doctor, ...rest] = await cli.json('doctor');
    expect(rest).toEqual([]);
    expect(doctor).toMatchObject({ ok: true, engine: 'cpu' });
    const checks = doctor?.['checks'] as { name: string; ok: boolean }[];
    expect(checks.length).toBeGreaterThanOrEqual(4);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('measures how fast the machine trains', async () => {
    const lines = await cli.json('bench', '--preset', 'fashion-cnn', '--engine', 'cpu');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ preset: 'fashion-cnn', engine: 'cpu', batch: 32 });
    expect(lines[0]?.['images_per_second']).toBeGreaterThan(10);
    expectFailure(await cli.run('bench', '--engine', 'abacus'), /no engine 'abacus'/);
  });

  it('makes a project, once', async () => {
    expect((await cli.json('create', project, '--task', 'single')).at(-1)).toMatchObject({
      project,
    });
    expect(existsSync(join(project, 'project.db'))).toBe(true);
    expectFailure(await cli.run('create', project), /exist/);
  });

  it('imports an IDX pair, then its other one, then nothing new', async () => {
    const train = await cli.json('import', project, sampleFolder, '--split', 'train');
    expect(train.at(-1)).toMatchObject({ event: 'done', added: 500, duplicates: 0, skipped: [] });
    expect(train.at(-1)?.['seconds']).toBeGreaterThan(0);
    const test = await cli.json(
      'import',
      project,
      sampleFolder,
      '--split',
      'test',
      '--limit',
      '200',
    );
    expect(test.at(-1)).toMatchObject({ added: 200, duplicates: 0 });
    const again = await cli.json('import', project, sampleFolder, '--split', 'train');
    expect(again.at(-1)).toMatchObject({ added: 0, duplicates: 500 });
  });

  it('imports folders, naming what it skips', async () => {
    const source = join(cli.folder, 'photos');
    for (const name of ['cats', 'dogs']) {
      mkdirSync(join(source, name), { recursive: true });
      await sharp({
        create: {
          width: 40,
          height: 30,
          channels: 3,
          background: name === 'cats' ? 'red' : 'blue',
        },
      })
        .png()
        .toFile(join(source, name, 'one.png'));
    }
    writeFileSync(join(source, 'cats', 'text.png'), 'not a picture');
    const other = join(cli.folder, 'photos.fovea');
    await cli.json('create', other);
    const [report] = await cli.json('import', other, source, '--reference');
    expect(report).toMatchObject({ event: 'done', added: 2, duplicates: 0 });
    const skipped = report?.['skipped'] as Line[];
    expect(skipped).toHaveLength(1);
    expect(skipped[0]?.['file']).toContain('text.png');
    expect(skipped[0]?.['reason']).toEqual(expect.stringMatching(/\w/));
  });

  it.each([
    ['fashion-cnn', 167_114],
    ['fashion-small', 266_986],
    ['lenet', 1_256_080],
    ['course-28', 243_786],
    ['cifar-simple', 4_200_842],
    ['cifar-deep', 1_676_842],
    ['cifar-bn', 238_666, 238_282],
    ['cats-dogs', 9_494_561],
    ['rock-paper-scissors', 3_473_475],
    ['resnet-18-grey', 11_175_370, 11_175_370, 9_600],
    ['vgg-16', 138_357_544],
  ])('summarises %s', async (preset, parameters, trainable = parameters, beside = 0) => {
    const { stdout } = await runHere('--json', 'summary', '--preset', preset);
    const summary = JSON.parse(stdout) as Line;
    expect(summary).toMatchObject({
      parameters,
      trainable,
      non_trainable: parameters - trainable,
      moving_averages: beside || parameters - trainable,
    });
    const layers = summary['layers'] as Line[];
    expect(layers.reduce((sum, layer) => sum + (layer['parameters'] as number), 0)).toBe(
      parameters,
    );
    expect(Object.keys(layers[0] ?? {})).toEqual([
      'name',
      'type',
      'output',
      'parameters',
      'trainable',
      'macs',
      'depth',
    ]);
  });

  it('summarises a file, for as many classes as it is asked', async () => {
    const file = join(cli.folder, 'small.json');
    writeFileSync(file, JSON.stringify(smallSpec));
    const { stdout } = await runHere('--json', 'summary', '--spec', file, '--classes', '3');
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'small',
      parameters: 3 * 785,
      non_trainable: 0,
      moving_averages: 0,
      counting: 'keras',
    });
  });

  it.each([
    ['a missing file', null, /nowhere\.json/],
    ['no JSON', '{', /is not JSON/],
    ['no model', '[1, 2]', /This is no model/],
    [
      'a mistake in a layer',
      JSON.stringify({ ...smallSpec, layers: [{ type: 'conv2d', filter: 3, kernel: [3, 3] }] }),
      /Layer 1: 'filters' is missing/,
    ],
    [
      'an unknown layer',
      JSON.stringify({ ...smallSpec, layers: [{ type: 'lstm' }] }),
      /Layer 1: there is no layer type "lstm"/,
    ],
    [
      'layers that do not fit',
      JSON.stringify({ ...smallSpec, layers: [{ type: 'dense', units: 'classes' }] }),
      /dense cannot follow the input: flatten first/,
    ],
  ])('explains a spec with %s', async (_, content, message) => {
    const file = join(cli.folder, content === null ? 'nowhere.json' : 'broken.json');
    if (content !== null) writeFileSync(file, content);
    expectFailure(await runHere('summary', '--spec', file), message);
  });

  let run: string;

  it('finds a rate to train with', async () => {
    const lines = await cli.json(
      ...[
        'find-rate',
        project,
        '--preset',
        'fashion-small',
        '--batch',
        '20',
        '--train-limit',
        '300',
      ],
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ event: 'done', exploded: expect.any(Boolean) as boolean });
    expect(lines[0]?.['suggestion']).toBeGreaterThan(1e-5);
    expect(lines[0]?.['suggestion']).toBeLessThan(0.5);
    const points = lines[0]?.['points'] as Line[];
    expect(points.length).toBeGreaterThan(30);
    expect(Object.keys(points[0] ?? {})).toEqual(['rate', 'loss', 'smoothed']);
  });

  it('trains with a schedule and another optimizer, and stops early', async () => {
    const lines = await cli.json(
      ...['train', project, '--preset', 'fashion-small', '--epochs', '9', '--lr', '1e-9'],
      ...['--train-limit', '100', '--schedule', 'plateau:factor=0.5,patience=1,min-delta=1e-3'],
      ...['--optimizer', 'sgd:momentum=0.9,nesterov'],
      ...['--early-stop', 'val-loss:patience=3,minDelta=1e-3,restore'],
    );
    expect(lines[0]).toMatchObject({
      optimizer: { type: 'sgd', momentum: 0.9, nesterov: true },
      schedule: { type: 'plateau', factor: 0.5, patience: 1, minDelta: 1e-3, cooldown: 0 },
      early_stop: { monitor: 'val-loss', patience: 3, minDelta: 1e-3, restoreBest: true },
    });
    const rates = lines.slice(1, -1).map((line) => (line['learning_rate'] as number) / 1e-9);
    expect(rates).toEqual([1, 1, 0.5, 0.25]);
    expect(lines.at(-1)).toMatchObject({
      status: 'done',
      best_epoch: 1,
      stopped_early: 4,
      restored_epoch: 1,
    });
  });

  it.each([
    ['--schedule', 'sine', /There is no schedule 'sine'\. Give constant, step, cosine,/],
    ['--schedule', 'step:evry=3', /'evry' is no setting of step\. It takes every, factor\./],
    ['--schedule', 'constant:a=1', /'a' is no setting of constant\. It takes none\./],
    ['--schedule', 'step:every=0', /every=0: .*>=1/],
    ['--schedule', 'plateau:monitor=speed', /monitor=speed: .*val-loss/],
    ['--schedule', 'step:', /'' in 'step:' is no setting\. Write step:key=value/],
    ['--optimizer', 'sgd:momentum=1', /momentum=1: .*<1/],
    ['--optimizer', 'adam:weightDecay=0.1', /'weightDecay' is no setting of adam\./],
    ['--optimizer', 'adamw:weightDecay=much', /weightDecay=much: .*number/],
    ['--early-stop', 'speed', /There is no value to watch 'speed'\. Give val-loss,/],
    ['--early-stop', 'loss:patience=-1', /patience=-1: /],
  ])('names the bad part of %s %s', async (option, value, message) => {
    expectFailure(await runHere('train', project, '--preset', 'lenet', option, value), message);
  });

  it('trains, printing start, epochs and end', async () => {
    const lines = await cli.json(
      ...['train', project, '--preset', 'fashion-small', '--epochs', '3', '--batch', '40'],
      ...['--seed', '3', '--train-limit', '300', '--validate-on', 'test', '--engine', 'cpu'],
    );
    expect(lines.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'epoch', 'done']);
    run = lines[0]?.['run'] as string;
    expect(lines[0]).toMatchObject({ engine: 'cpu', train_images: 300, validation_images: 200 });
    for (const [index, line] of lines.slice(1, 4).entries()) {
      expect(line['epoch']).toBe(index + 1);
      for (const field of ['loss', 'accuracy', 'val_loss', 'val_accuracy', 'images_per_second']) {
        expect(line[field], field).toEqual(expect.any(Number));
      }
    }
    expect(lines[3]?.['loss']).toBeLessThan(lines[1]?.['loss'] as number);
    expect(lines.at(-1)).toMatchObject({
      run,
      parameters: 266_986,
      seconds: expect.any(Number) as number,
    });
  });

  it('evaluates the run and the latest alike', async () => {
    const [report] = await cli.json('evaluate', project, run, '--split', 'test');
    const [latest] = await cli.json('evaluate', project, 'latest');
    expect(latest).toEqual(report);
    expect(report).toMatchObject({
      accuracy: expect.any(Number) as number,
      balanced_accuracy: expect.any(Number) as number,
      balanced_error_rate: expect.any(Number) as number,
    });
    const classes = report?.['classes'] as Line[];
    expect(Object.keys(classes[0] ?? {})).toEqual([
      'name',
      'precision',
      'recall',
      'f1',
      'support',
      'intervals',
    ]);
    expect(report?.['confusion']).toHaveLength(10);
    const [low, high] = report?.['balanced_accuracy_interval'] as [number, number];
    expect(low).toBeLessThan(report?.['balanced_accuracy'] as number);
    expect(high).toBeGreaterThan(report?.['balanced_accuracy'] as number);
    const { stdout } = await cli.run('evaluate', project, run);
    expect(stdout).toMatch(/accuracy \d+\.\d\d % on 200 test images: ±\d+(\.\d)? points/);
  });

  it('studies how accuracy grows with labels, and writes the trainings', async () => {
    const lines = await cli.json(
      ...['study', project, '--spec', specFile, '--sizes', '40,80,160', '--seeds', '2'],
      ...['--epochs', '2', '--no-baseline', '--out', 'study.csv'],
    );
    const points = lines.filter(({ event }) => event === 'point');
    expect(points.map(({ arm, size, seeds }) => [arm, size, seeds])).toEqual([
      ['model', 40, 2],
      ['model', 80, 2],
      ['model', 160, 2],
    ]);
    expect(lines.at(-1)).toMatchObject({
      ...{ event: 'done', measured_on: 'test', measured_images: 200 },
      estimates: [{ arm: 'model', size: 320 }],
    });
    const csv = readFileSync(join(cli.folder, 'study.csv'), 'utf8').trim().split('\n');
    expect(csv).toHaveLength(1 + 6);
    expectFailure(await cli.run('study', project, '--preset', 'lenet', '--sizes', 'few'), /300/);
  });

  it('validates in folds, and lists labels that are likely wrong', async () => {
    const lines = await cli.json(
      ...['train', project, '--spec', specFile, '--folds', '3', '--epochs', '2'],
    );
    const folds = lines.filter(({ event }) => event === 'fold');
    expect(folds.map(({ fold }) => fold)).toEqual([1, 2, 3]);
    const done = lines.at(-1);
    expect(done).toMatchObject({ event: 'done', folds: 3, images: 500 });
    const [low, high] = done?.['accuracy_interval'] as [number, number];
    expect(low).toBeLessThan(done?.['accuracy'] as number);
    expect(high).toBeGreaterThan(done?.['accuracy'] as number);
    const suspects = await cli.json('mislabeled', project);
    expect(suspects).toHaveLength(done?.['likely_mislabeled'] as number);
    for (const { given, suggested } of suspects) expect(given).not.toBe(suggested);
    expectFailure(await cli.run('train', project, '--spec', specFile, '--folds', '1'), /2 to 20/);
    // Trainings of studies are in no list.
    const listed = await cli.json('runs', project);
    expect(listed.filter(({ name }) => String(name).includes('fold'))).toEqual([]);
  });

  it('lists runs, each accuracy with its interval', async () => {
    const line = (await cli.json('runs', project)).find((each) => each['run'] === run);
    expect(line).toMatchObject({ status: 'done', train_images: 300, validation_images: 200 });
    const accuracy = line?.['val_accuracy'] as number;
    const right = Math.round(accuracy * 200);
    expect(line?.['val_accuracy_interval']).toEqual(wilsonInterval(right, 200));
    expect((await cli.run('runs', project)).stdout).toMatch(/% ±\d+(\.\d)? points/);
  });

  it('predicts files, one line each, and fails after the good ones when one is bad', async () => {
    const good = join(cli.folder, 'photos/cats/one.png');
    const [line] = await cli.json('predict', project, run, good);
    expect(line).toMatchObject({ file: good });
    const probabilities = line?.['probabilities'] as Record<string, number>;
    expect(Object.keys(probabilities)).toContain('Trouser');
    expect(Object.values(probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 4);
    expect(probabilities[line?.['top'] as string]).toBe(Math.max(...Object.values(probabilities)));

    const mixed = await cli.run('--json', 'predict', project, run, good, 'photos/cats/text.png');
    expect(mixed.code).toBe(1);
    expect(mixed.lines().map(({ file }) => file)).toEqual([good, 'photos/cats/text.png']);
    expect(mixed.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(mixed.stderr).toContain('text.png');
  });

  it('exports a file that agrees with the app', async () => {
    const out = join(cli.folder, 'exported');
    const [report] = await cli.json('export', project, run, '--format', 'onnx', '--out', out);
    expect(report).toMatchObject({ agreement: 1 });
    expect(report?.['max_difference']).toBeLessThan(1e-5);
    for (const file of report?.['files'] as string[]) expect(existsSync(file), file).toBe(true);
  });

  it('writes a report that loads nothing, as a page and as a PDF', async () => {
    const page = join(cli.folder, 'report.html');
    const [line] = await cli.json('report', project, run, '--out', page);
    const html = readFileSync(page, 'utf8');
    expect(line).toMatchObject({ file: page, bytes: Buffer.byteLength(html), run, split: 'test' });
    expect(html).toContain('<h1>');
    expect(html).not.toMatch(/(src|href)="(?!data:|#)/);
    const pdf = join(cli.folder, 'report.pdf');
    await cli.json('report', project, run, '--out', pdf);
    expect(readFileSync(pdf).subarray(0, 5).toString()).toBe('%PDF-');
    expectFailure(await runHere('report', project, run, '--out', 'x.docx'), /\.html or a \.pdf/);
  });

  it('writes the data for other programs, and says what it left out', async () => {
    const out = join(cli.folder, 'data set');
    const args = ['export-data', project, '--format', 'jsonl', '--out', out];
    const [line] = await cli.json(...args);
    expect(line).toMatchObject({ format: 'jsonl', directory: out, images: 700, left_out: 0 });
    const rows = readFileSync(join(out, 'manifest.jsonl'), 'utf8').trimEnd().split('\n');
    expect(rows).toHaveLength(700);
    expectFailure(await cli.run(...args), /not an empty folder/);
  });

  it('writes an image as training with an augmentation sees it', async () => {
    const out = join(cli.folder, 'draws');
    const [line] = await cli.json(
      ...['augment', project, '--image', '3', '--count', '2', '--seed', '3', '--out', out],
      ...['--augment', 'fashion-small-aug'],
    );
    const files = line?.['files'] as string[];
    expect(files.map((file) => basename(file))).toEqual([
      '3-original.png',
      '3-epoch-1.png',
      '3-epoch-2.png',
    ]);
    for (const file of files) expect(existsSync(file), file).toBe(true);
    const wrong = await cli.run(
      'augment',
      project,
      '--image',
      '3',
      '--out',
      out,
      '--augment',
      'no',
    );
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('fashion-small-aug');
  });

  it('trains with an augmentation from a file, and with a preset’s own', async () => {
    const file = join(cli.folder, 'augmentation.json');
    const spec = { name: 'Mine', operations: [{ type: 'rotate', range: [-5, 5] }] };
    writeFileSync(file, JSON.stringify(spec));
    const quick = ['--epochs', '1', '--train-limit', '40', '--validate-on', 'test'];
    const trained = async (...options: string[]) => {
      const [start] = await cli.json('train', project, ...quick, ...options);
      const folder = join(project, 'runs', start?.['run'] as string, 'run.json');
      const record = JSON.parse(readFileSync(folder, 'utf8')) as {
        options: { augment: { name: string } | null };
      };
      return record.options.augment?.name ?? null;
    };
    expect(await trained('--preset', 'fashion-small', '--augment', file)).toBe('Mine');
    expect(await trained('--preset', 'fashion-small-aug')).toBe('Fashion small, augmented');
    expect(await trained('--preset', 'fashion-small-aug', '--augment', 'none')).toBeNull();
  });

  it('leaves out what a recipe would do where an option says none', async () => {
    const [start] = await cli.json(
      ...['train', project, '--recipe', 'small-data', '--epochs', '1', '--train-limit', '40'],
      ...[
        '--averaging',
        'none',
        '--views',
        'none',
        '--early-stop',
        'none',
        '--validate-on',
        'none',
      ],
    );
    const file = join(project, 'runs', start?.['run'] as string, 'run.json');
    const { options } = JSON.parse(readFileSync(file, 'utf8')) as { options: object };
    expect(options).toMatchObject({
      ...{ averaging: null, views: null, earlyStop: null },
      validateOn: { kind: 'none' },
    });
  });

  it('trains a spec from a file', async () => {
    const file = join(cli.folder, 'to-train.json');
    writeFileSync(file, JSON.stringify(smallSpec));
    const lines = await cli.json(
      ...['train', project, '--spec', file, '--epochs', '1', '--batch', '50'],
      ...['--train-limit', '100', '--validate-on', 'test', '--engine', 'cpu'],
    );
    expect(lines[0]).toMatchObject({ model: 'small', preset: null, parameters: 7_850 });
    expect(lines.at(-1)).toMatchObject({ event: 'done' });
    const first = lines[0]?.['run'] as string;
    const [next] = await cli.json('train', project, '--start-from', first, '--validate-on', 'test');
    expect(next).toMatchObject({ model: 'small', start_from: { run: first, checkpoint: 'best' } });
    expect(next?.['notes']).toContain(`All layers begin with the weights of run ${first} “small”.`);
  });

  it('says at which layer a model cannot be built for the project', async () => {
    const file = join(cli.folder, 'unfit.json');
    const layers = [{ type: 'conv2d', filters: 2, kernel: [3, 3] }, ...smallSpec.layers.slice(1)];
    writeFileSync(file, JSON.stringify({ ...smallSpec, layers }));
    expectFailure(
      await runHere('train', project, '--spec', file),
      /dense cannot follow conv2d: flatten first/,
    );
    expectFailure(await runHere('train', project, '--model', 'mine'), /no model 'mine'/);
  });

  it('convolves numbers', async () => {
    const laplacian = '-1 -1 -1; -1 8 -1; -1 -1 -1';
    const image = '2 2 2; 2 3 2; 2 2 2';
    const same = await runHere('convolve', '--input', image, '--kernel', laplacian);
    expect(same.stdout).toBe('9 5 9\n5 8 5\n9 5 9\n');
    const asJson = ['--json', 'convolve', '--input', '2 3 2', '--kernel', '1 2'];
    const full = await runHere(...asJson, '--padding', 'full');
    expect(JSON.parse(full.stdout)).toEqual({ shape: [4], values: [2, 7, 8, 4] });
    const turned = await runHere(...asJson, '--padding', 'full', '--correlate');
    expect(JSON.parse(turned.stdout)).toEqual({ shape: [4], values: [4, 8, 7, 2] });
    expectFailure(
      await runHere('convolve', '--input', '1 2; 3', '--kernel', '1'),
      /numbers with blanks between them/,
    );
  });

  it('speaks to people without --json', async () => {
    const result = await runHere('summary', '--preset', 'fashion-cnn');
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('Total params: 167,114 (652.79 KB)');
    expect(result.stdout).toContain(
      '│ conv2d (Conv2D)                │ (None, 26, 26, 32) │     320 │',
    );
    expect(result.stderr).toBe('');
  });

  it('stops on Ctrl-C with one line, and the run is kept as cancelled', async () => {
    const child = cli.start(
      '--json',
      'train',
      project,
      '--preset',
      'fashion-small',
      '--epochs',
      '9999',
    );
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.includes('"epoch":2')) child.kill('SIGINT');
    });
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(130);
    expect(stderr).toBe('Cancelled.\n');
    // The project is whole: the next command works on it.
    expect((await cli.json('evaluate', project, run)).at(-1)).toHaveProperty('accuracy');
  });
});

describe('mistakes', () => {
  it.each([
    ['no such command', ['paint'], /paint/],
    ['no arguments for one', ['create'], /dir/],
    ['a wrong choice', ['create', 'x.fovea', '--task', 'many'], /single/],
    ['a wrong number', ['serve', '--port', 'x'], /port/],
    ['no model', ['summary'], /--preset, --spec/],
    ['two models', ['summary', '--preset', 'lenet', '--spec', 'x.json'], /only one/],
    ['an unknown preset', ['summary', '--preset', 'resnet-9000'], /resnet-9000/],
    ['an unknown project', ['import', 'nowhere.fovea', '.'], /nowhere\.fovea/],
    ['an unknown option', ['doctor', '--loud'], /--loud/],
  ])('%s: one clear line and a non-zero exit', async (_, argv, message) => {
    expectFailure(await runHere(...argv), message);
    expectFailure(await runHere('--json', ...argv), message);
  });

  it('an unknown run: says which there are', async () => {
    expectFailure(await runHere('evaluate', project, 'nothing'), /nothing.*It has: /);
  });

  it('help is no mistake', async () => {
    for (const argv of [['--help'], [], ['train', '--help']]) {
      const { code, stdout, stderr } = await runHere(...argv);
      expect(code).toBe(0);
      expect(stdout).toContain('Usage: fovea');
      expect(stderr).toBe('');
    }
  });
});

describe('resume', () => {
  it('resumes, printing only what is new', async () => {
    const options = ['--preset', 'fashion-small', '--train-limit', '100', '--validate-on', 'test'];
    const trained = await cli.json('train', project, ...options, '--epochs', '1');
    const run = trained[0]?.['run'] as string;
    const lines = await cli.json('resume', project, run, '--epochs', '2');
    expect(lines.map(({ event }) => event)).toEqual(['start', 'epoch', 'done']);
    expect(lines[1]).toMatchObject({ epoch: 2 });
    expect(lines[2]).toMatchObject({ run, parameters: 266_986 });
    const again = await cli.run('resume', project, run);
    expect(again.code).toBe(1);
    expect(again.stderr.trim()).toBe(
      `Run ${run} has trained 2 epochs of 2 already. Give more than 2 epochs in all to train longer.`,
    );
  });
});
