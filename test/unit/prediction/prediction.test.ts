import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FilePrediction } from '#shared/contract/index.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';
import { squares } from '../../helpers/idx.ts';
import { createProject, trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let run: string;

beforeAll(async () => {
  test = await createTestCore();
  project = await createProject(test, 'squares', { train: 200, test: 40 });
  run = (await trainRun(test.client, project, { epochs: 3 })).run.id;
}, 60_000);
afterAll(() => test.close());

/** One generated picture as a file, in any size and format. */
async function picture(name: string, place: number, size = 28): Promise<string> {
  const file = join(test.folder, name);
  const pixels = squares(place + 1, 4, 9).subarray(place * 784);
  await sharp(pixels, { raw: { width: 28, height: 28, channels: 1 } })
    .resize(size, size)
    .toFile(file);
  return file;
}

async function predict(files: (string | File)[], thumbnails = false): Promise<FilePrediction[]> {
  const answers: FilePrediction[] = [];
  for await (const answer of await test.client.predict.files({ project, run, files, thumbnails })) {
    answers.push(answer);
  }
  return answers;
}

describe('predict.files', () => {
  it('answers pictures of any size and format, each in its place', async () => {
    const files = [
      await picture('north.png', 0),
      await picture('east large.jpg', 1, 300),
      await picture('süd.webp', 2, 64),
      await picture('west.gif', 3, 15),
    ];
    const answers = await predict(files);
    expect(answers.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const tops = answers.map((answer) => ('prediction' in answer ? answer.prediction : null));
    expect(tops.map((answer) => answer?.top)).toEqual(['north', 'east', 'south', 'west']);
    expect(tops.map((answer) => answer?.file)).toEqual(files);
    for (const answer of tops) {
      expect(answer).toMatchObject({ image: null, truth: null });
      expect(answer!.probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
  });

  it('answers a bad file with what is wrong, and goes on', async () => {
    const good = await picture('good.png', 2);
    const empty = join(test.folder, 'empty.png');
    const text = join(test.folder, 'text.png');
    writeFileSync(empty, '');
    writeFileSync(text, 'not a picture');
    const missing = join(test.folder, 'missing.png');
    const answers = await predict([empty, good, text, missing, good, test.folder]);
    expect(answers.map((answer) => 'error' in answer)).toEqual([
      true,
      false,
      true,
      true,
      false,
      true,
    ]);
    expect(answers[0]).toMatchObject({
      file: empty,
      error: expect.stringMatching(/empty/) as string,
    });
    expect(answers[1]).toMatchObject({ prediction: { top: 'south' } });
    expect(await predict([text])).toHaveLength(1);
  });

  it('takes uploaded files as well as paths, to the same answer', async () => {
    const path = await picture('upload.png', 1, 90);
    const file = new File([readFileSync(path)], 'upload.png', { type: 'image/png' });
    const [byPath, byUpload] = await predict([path, file]);
    expect(byUpload).toMatchObject({ prediction: { file: 'upload.png', top: 'east' } });
    if (!('prediction' in byPath!) || !('prediction' in byUpload!)) throw new Error('no answer');
    expect(byUpload.prediction.probabilities).toEqual(byPath.prediction.probabilities);
  });

  it('shows a small picture where one is wanted', async () => {
    const path = await picture('large.png', 1, 900);
    const [shown] = await predict([path], true);
    if (!('prediction' in shown!)) throw new Error('no answer');
    expect(shown.thumbnail).toMatch(/^data:image\/(png|webp);base64,/);
    const bytes = Buffer.from(shown.thumbnail!.split(',')[1]!, 'base64');
    expect((await sharp(bytes).metadata()).width).toBeLessThanOrEqual(320);
  });

  it('answers hundreds of files, the first before the last is read', async () => {
    const path = await picture('many.png', 3);
    let seen = 0;
    const files = Array.from({ length: 200 }, () => path);
    const answers = await test.client.predict.files({ project, run, files, thumbnails: false });
    for await (const answer of answers) {
      expect(answer.index).toBe(seen++);
      expect(answer).toMatchObject({ prediction: { top: 'west' } });
    }
    expect(seen).toBe(200);
  });

  it('says so when the run cannot answer', async () => {
    const path = await picture('one.png', 0);
    const unknown = { project, run: 'r99', files: [path] };
    await expect(
      (async () => {
        for await (const _ of await test.client.predict.files(unknown));
      })(),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('predict.images', () => {
  it('answers in the order asked, with the labels of now', async () => {
    const { client } = test;
    const ids = await client.library.images.ids({ project, filter: { splits: ['test'] } });
    const images = [ids[7]!, ids[0]!, ids[7]!, ids[3]!];
    const answers = await client.predict.images({ project, run, images });
    expect(answers.map(({ image }) => image)).toEqual(images);
    expect(answers.map(({ truth }) => truth)).toEqual(['west', 'north', 'west', 'west']);
    expect(answers.map(({ top }) => top)).toEqual(['west', 'north', 'west', 'west']);
    await client.labels.assign({ project, images: [ids[0]!], classId: null });
    const [unlabeled] = await client.predict.images({ project, run, images: [ids[0]!] });
    expect(unlabeled!.truth).toBeNull();
    await client.labels.undo({ project });
  });

  it('refuses an image that is not in the library', async () => {
    await expect(
      test.client.predict.images({ project, run, images: [999_999] }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
