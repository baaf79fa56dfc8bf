import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';
import { squares } from '../../helpers/idx.ts';
import { trainRun } from '../../helpers/training.ts';

let test: TestCore;
let project: string;
let source: string;
const names = ['north', 'east', 'south', 'west'];
const none = { kind: 'none' } as const;

beforeAll(async () => {
  test = await createTestCore();
  source = join(test.folder, 'photos');
  const pixels = squares(32, 4, 3);
  for (let index = 0; index < 32; index++) {
    const folder = join(source, names[index % 4]!);
    mkdirSync(folder, { recursive: true });
    const raw = { width: 28, height: 28, channels: 1 } as const;
    await sharp(pixels.subarray(index * 784, (index + 1) * 784), { raw })
      .png()
      .toFile(join(folder, `${index}.png`));
  }
  const { id } = await test.client.projects.create({ path: join(test.folder, 'p.fovea') });
  project = id;
  const { job } = await test.client.library.import({ project, source, mode: 'reference' });
  await finished(test.client, job);
}, 60_000);
afterAll(() => test.close());

it('trains without files that are gone, names them, and records what it trained on', async () => {
  rmSync(join(source, 'north', '0.png'));
  rmSync(join(source, 'east', '1.png'));
  const { run } = await trainRun(test.client, project, { epochs: 1, validateOn: none });
  expect(run).toMatchObject({ status: 'done', trainImages: 30 });
  const warning = run.warnings.find((text) => text.includes('could not be read'));
  expect(warning).toMatch(/^2 images could not be read and were left out: /);
  expect(warning).toContain('north/0.png');
  expect(warning).toContain('east/1.png');
  expect(
    test.core.context.projects.get(project).store.runs.data(run.id, 'train').images,
  ).toHaveLength(30);

  const { job } = await test.client.evaluation.start({ project, run: run.id, split: 'train' });
  await finished(test.client, job);
  const report = await test.client.evaluation.report({ project, run: run.id, split: 'train' });
  expect(report).toMatchObject({ images: 30, excluded: 2, trainedOn: 30, staleLabels: 0 });

  const ids = await test.client.library.images.ids({ project });
  const answers = await test.client.predict.images({ project, run: run.id, images: ids });
  expect(answers).toHaveLength(30);
});

it('says so when nothing can be read', async () => {
  const { client, core } = test;
  rmSync(source, { recursive: true });
  // The cache of decoded images may be deleted at any time.
  const { path } = await client.projects.get({ project });
  await client.projects.close({ project });
  rmSync(join(path, 'cache'), { recursive: true });
  project = (await client.projects.open({ path })).id;
  const { run } = await trainRun(client, project, { epochs: 1, validateOn: none });
  expect(run.status).toBe('failed');
  expect(run.error).toMatchObject({
    code: 'NOT_ENOUGH_DATA',
    message: 'None of the training images can be read.',
  });
  const [trained] = core.context.projects
    .get(project)
    .store.runs.list()
    .filter((each) => each.status === 'done');
  const [image] = await client.library.images.ids({ project });
  await expect(
    client.predict.images({ project, run: trained!.id, images: [image!] }),
  ).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
});
