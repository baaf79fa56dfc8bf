import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askPython, expectParity, tolerances } from './client.ts';
import { HELD_OUT } from './data.ts';
import { runPython } from './python.ts';
import { openInterop, type InteropSession } from './session.ts';

const names = ['fashion-small', 'one sigmoid', 'ten sigmoids', 'ensemble'] as const;
let session: InteropSession;
beforeAll(async () => {
  session = await openInterop(names);
});
afterAll(() => session.close());

it.each(names)('Keras goes on with the training of %s, and the result comes back', async (name) => {
  const model = session.trained.find((each) => each.name === name)!;
  const { client } = session;
  const { project, run, classes } = model;
  const directory = await session.exportTo(model, 'keras-project');
  const images = readdirSync(join(directory, 'data', 'train'), { recursive: true });
  expect(images.filter((file) => String(file).endsWith('.png'))).toHaveLength(2000);

  // From one file a split, and from a file for each image.
  const records = name === 'one sigmoid' ? ['--tfrecord'] : [];
  const settings = ['--epochs', '2', '--batch', '50', ...records];
  const printed = await runPython(join(directory, 'train.py'), ...settings);
  const packed = readdirSync(join(directory, 'data')).filter((file) => file.endsWith('.tfrecord'));
  expect(packed).toHaveLength(records.length > 0 ? 2 : 0);
  expect(printed).toContain('Wrote result.keras');
  const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`);
  const file = join(directory, 'result.keras');
  const back = await client.runs.importModel({ project, file, classNames });

  const accuracies: number[] = [];
  for (const each of [run, back.run]) {
    const { job } = await client.evaluation.start({ project, run: each, split: 'test' });
    await session.finished(job);
    const report = await client.evaluation.report({ project, run: each, split: 'test' });
    accuracies.push(report!.accuracy);
  }
  const [before = 0, after = 0] = accuracies;
  process.stdout.write(`${name}: ${before} before, ${after} after two epochs of Keras\n`);
  // Two standard errors of a difference on 1,000 images.
  expect(after).toBeGreaterThan(before - 2 * Math.sqrt((2 * before * (1 - before)) / HELD_OUT));

  // A single sigmoid gives one number in Keras; the others a probability a class.
  if (name === 'fashion-small' || name === 'ensemble') {
    const alone = join(directory, 'alone');
    mkdirSync(alone);
    copyFileSync(file, join(alone, 'result.keras'));
    const answers = await session.answersOf(project, back.run);
    const theirs = await askPython('keras_file', alone, model);
    expectParity('keras-project, taken back', { ...model, answers }, theirs, tolerances.float32);
  }
});
