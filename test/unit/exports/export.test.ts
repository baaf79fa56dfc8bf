import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportRecord } from '#shared/contract/index.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { squares } from '../../helpers/idx.ts';
import { createProject, trainRun } from '../../helpers/training.ts';

const runProgram = promisify(execFile);
const nodeModules = join(import.meta.dirname, '../../../node_modules');

let test: TestCore;
let project: string;
let run: string;
let record: ExportRecord;
let target: string;

async function exportTo(directory: string, of = run): Promise<ExportRecord> {
  const { job } = await test.client.exports.start({ project, run: of, format: 'onnx', directory });
  const end = await finished(test.client, job);
  if (end.result?.type !== 'export') throw new Error('no export');
  return test.client.exports.get({ project, export: end.result.export });
}

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'Squares & more', { train: 200, test: 60 });
  run = (await trainRun(test.client, project, { epochs: 2 })).run.id;
  target = join(test.folder, 'out', 'model');
  record = await exportTo(target);
  // The examples find their packages as they would after npm install.
  symlinkSync(nodeModules, join(test.folder, 'node_modules'), 'junction');
}, 60_000);
afterAll(() => test.close());

describe('an ONNX export', () => {
  it('holds the model, its labels, examples and a README, and nothing else', () => {
    expect(readdirSync(target).sort()).toEqual(
      [
        'README.md',
        'example.mjs',
        'example.py',
        'export.json',
        'labels.json',
        'squares-more-r1.onnx',
      ].sort(),
    );
    expect(record.files.map(({ path }) => path).sort()).toEqual(
      readdirSync(target)
        .map((name) => join(target, name))
        .sort(),
    );
    for (const { path, bytes } of record.files) expect(readFileSync(path).length).toBe(bytes);
    expect(JSON.parse(readFileSync(join(target, 'labels.json'), 'utf8'))).toEqual([
      'north',
      'east',
      'south',
      'west',
    ]);
  });

  it('was proved on all held-out images', () => {
    expect(record.proof).toMatchObject({ images: 60, agreement: 1, passed: true });
    expect(record.proof!.maxDifference).toBeLessThanOrEqual(1e-4);
    expect(readFileSync(join(target, 'README.md'), 'utf8')).toContain('100.00 %');
  });

  it('answers as the app does, in a session of its own', async () => {
    const { client } = test;
    const images = await client.library.images.ids({ project, filter: { splits: ['test'] } });
    const app = await client.predict.images({ project, run, images });
    const session = await InferenceSession.create(join(target, 'squares-more-r1.onnx'));
    expect(session.inputNames).toEqual(['image']);
    expect(session.outputNames).toEqual(['probabilities']);
    // The same pixels that were imported, in the same order.
    const image = new Tensor('uint8', squares(60, 4, 2), [60, 28, 28, 1]);
    const { probabilities } = await session.run({ image });
    const data = probabilities!.data as Float32Array;
    expect(probabilities!.dims).toEqual([60, 4]);
    app.forEach((answer, row) => {
      const mine = [...data.subarray(row * 4, row * 4 + 4)];
      expect(mine.indexOf(Math.max(...mine))).toBe(
        ['north', 'east', 'south', 'west'].indexOf(answer.top),
      );
      mine.forEach((value, index) => expect(value).toBeCloseTo(answer.probabilities[index]!, 4));
    });
  });

  it('says inside the file where it comes from', () => {
    const text = readFileSync(join(target, 'squares-more-r1.onnx')).toString('latin1');
    for (const part of [
      'Fovea',
      'classes',
      '["north","east","south","west"]',
      'train_images',
      'r1',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('scales pictures of any size as the app does', async () => {
    const session = await InferenceSession.create(join(target, 'squares-more-r1.onnx'));
    for (const [width, height] of [
      [28, 28],
      [75, 40],
      [300, 200],
      [13, 29],
    ] as const) {
      const file = join(test.folder, `scaled-${width}.png`);
      const { data } = await sharp(squares(2, 4, 5).subarray(784), {
        raw: { width: 28, height: 28, channels: 1 },
      })
        .resize(width, height, { fit: 'fill' })
        .toColourspace('b-w')
        .png()
        .toBuffer()
        .then((bytes) => {
          writeFileSync(file, bytes);
          return sharp(bytes).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
        });
      const image = new Tensor('uint8', new Uint8Array(data), [1, height, width, 1]);
      const mine = (await session.run({ image }))['probabilities']!.data as Float32Array;
      for await (const answer of await test.client.predict.files({ project, run, files: [file] })) {
        if (!('prediction' in answer)) throw new Error(answer.error);
        answer.prediction.probabilities.forEach((value, index) =>
          expect(mine[index]).toBeCloseTo(value, 6),
        );
      }
    }
  });

  it('comes with a JavaScript example that runs', async () => {
    const code = readFileSync(join(target, 'example.mjs'), 'utf8');
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(20);
    expect(record.examples.find(({ language }) => language === 'JavaScript')?.code).toBe(code);
    const photo = join(test.folder, 'a photo.png');
    await sharp(squares(4, 4, 7).subarray(3 * 784), { raw: { width: 28, height: 28, channels: 1 } })
      .resize(400, 300, { fit: 'fill' })
      .png()
      .toFile(photo);
    const { stdout } = await runProgram(process.execPath, [join(target, 'example.mjs'), photo]);
    expect(stdout).toMatch(/a photo\.png: west \(\d+\.\d %\)\n$/);
  });

  const python = process.env['FOVEA_PYTHON'] ?? 'python3';
  it.skipIf(!hasPackages(python))('comes with a Python example that runs', async () => {
    const code = readFileSync(join(target, 'example.py'), 'utf8');
    expect(code.trim().split('\n').length).toBeLessThanOrEqual(20);
    const photo = join(test.folder, 'python.png');
    await sharp(squares(2, 4, 7).subarray(784), { raw: { width: 28, height: 28, channels: 1 } })
      .resize(120, 180, { fit: 'fill' })
      .png()
      .toFile(photo);
    const { stdout } = await runProgram(python, [join(target, 'example.py'), photo]);
    expect(stdout).toMatch(/python\.png: east \(\d+\.\d%\)\n$/);
  });

  it('replaces an unchanged earlier export of the same run', async () => {
    const again = await exportTo(target);
    expect(again.id).toBeGreaterThan(record.id);
    const list = await test.client.exports.list({ project });
    expect(list.map(({ id }) => id)).toEqual([again.id, record.id]);
  });

  it('leaves a folder alone that holds something of the user', async () => {
    const folder = join(test.folder, 'mine');
    mkdirSync(folder);
    writeFileSync(join(folder, 'README.md'), 'mine');
    await expect(exportTo(folder)).rejects.toThrow(/README\.md is already there/);
    expect(readdirSync(folder)).toEqual(['README.md']);
  });

  it('fails without a checkpoint and makes no folder', async () => {
    const { options } = await test.client.runs.get({ project, run });
    const early = await test.client.runs.start({ project, options });
    await test.client.runs.cancel({ project, run: early.run });
    const folder = join(test.folder, 'nothing');
    await expect(exportTo(folder, early.run)).rejects.toThrow(/has no best checkpoint yet/);
    expect(existsSync(folder)).toBe(false);
  });

  it('is proved on photos of their own sizes too, in colour folders', async () => {
    const source = join(test.folder, 'photos');
    for (const [place, name] of ['north', 'east', 'south', 'west'].entries()) {
      mkdirSync(join(source, name), { recursive: true });
      for (let index = 0; index < 6; index++) {
        const pixels = squares(place + 1, 4, index + 20).subarray(place * 784);
        await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
          .resize(60 + 17 * index, 90 - 9 * index, { fit: 'fill' })
          .tint({ r: 40 * index, g: 200, b: 255 - 40 * index })
          .toFile(join(source, name, `${index}.${index % 2 ? 'png' : 'jpg'}`));
      }
    }
    const { client } = test;
    const { id } = await client.projects.create({ path: join(test.folder, 'photos.fovea') });
    const { job } = await client.library.import({ project: id, source, mode: 'reference' });
    await finished(client, job);
    const plan = { epochs: 3, validateOn: { kind: 'none' } } as const;
    const photos = (await trainRun(client, id, plan)).run.id;
    const directory = join(test.folder, 'photos-out');
    const started = await client.exports.start({
      project: id,
      run: photos,
      format: 'onnx',
      directory,
    });
    await finished(client, started.job);
    const [exported] = await client.exports.list({ project: id });
    expect(exported!.proof).toMatchObject({ images: 24, agreement: 1, passed: true });
    expect(exported!.proof!.maxDifference).toBeLessThan(1e-5);
  });

  it('comes back from Keras files as a run that answers the same', async () => {
    const { client } = test;
    const directory = join(test.folder, 'keras');
    const { job } = await client.exports.start({ project, run, format: 'keras', directory });
    await finished(client, job);
    const [exported] = await client.exports.list({ project });
    expect(exported!.proof).toMatchObject({ kind: 'contents', maxDifference: 0, passed: true });
    const file = exported!.files.find(({ path }) => path.endsWith('.keras'))!.path;
    const back = await client.runs.importModel({ project, file, name: 'back' });
    const imported = await client.runs.get({ project, run: back.run });
    expect(imported).toMatchObject({ name: 'back', status: 'done', checkpoints: ['best', 'last'] });
    const images = await client.library.images.ids({ project, filter: { splits: ['test'] } });
    const [mine, theirs] = await Promise.all(
      [run, back.run].map((each) => client.predict.images({ project, run: each, images })),
    );
    expect(theirs!.map(({ probabilities }) => probabilities)).toEqual(
      mine!.map(({ probabilities }) => probabilities),
    );
    const missing = client.runs.importModel({ project, file: `${file}.not` });
    await expect(missing).rejects.toThrow(/does not exist/);
    expect(readdirSync(join(test.folder, 'Squares & more.fovea', 'runs')).sort()).toEqual(
      (await client.runs.list({ project })).map(({ id }) => id).sort(),
    );
  });

  it('is listed as a format with its purpose', async () => {
    const [onnx] = await test.client.exports.formats();
    expect(onnx).toMatchObject({ id: 'onnx', name: 'ONNX' });
    expect(onnx!.purpose.length).toBeGreaterThan(20);
  });
});

function hasPackages(program: string): boolean {
  try {
    execFileSync(program, ['-c', 'import numpy, onnxruntime, PIL'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
