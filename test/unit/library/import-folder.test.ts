import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assignLabel } from '#core/labels/labeling.ts';
import { createClass } from '#core/labels/classes.ts';
import { imageDetail, imageRows } from '#core/library/images.ts';
import { healthOf } from '#core/library/health.ts';
import { scanSource } from '#core/library/scan.ts';
import { removeImages } from '#core/labels/labeling.ts';
import type { Project } from '#core/projects/project.ts';
import { encoded, writeTorture, type PictureKind } from '../../helpers/pictures.ts';
import { watchMemory } from '../../helpers/process-tree.ts';
import { createWorkbench, type Workbench } from '../../helpers/workbench.ts';

let bench: Workbench;
let project: Project;
let source: string;

beforeEach(async () => {
  bench = createWorkbench();
  project = await bench.create();
  source = join(bench.folder, 'source');
  mkdirSync(source);
});
afterEach(() => bench.close());

async function put(name: string, seed: number, kind: PictureKind = 'png'): Promise<string> {
  const path = join(source, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, await encoded(kind, 40, 30, seed));
  return path;
}

/** Every file in images/, relative to it. */
function storedFiles(): string[] {
  return readdirSync(project.paths.images, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** [name, class, split] of every image in import order. */
function library(): [string, string | null, string | null][] {
  const { store } = project;
  return store.images
    .rows(store.images.ids())
    .map(({ name, classId, split }) => [
      name,
      classId === null ? null : store.classes.get(classId)!.name,
      split,
    ]);
}

describe('a folder as users have them', () => {
  it('takes the good pictures in and names every other file, within bounded memory', async () => {
    const bad = await writeTorture(source, 200);
    const memory = watchMemory(process.pid);
    const { job, report } = await bench.import(project, source);
    const peak = memory.stop();
    expect(job).toMatchObject({
      state: 'done',
      error: null,
      progress: { total: job.progress.done },
    });
    expect(report).toMatchObject({ state: 'done', added: 200, duplicates: 0, conflicts: [] });
    expect(report.skipped.map(({ file }) => file).sort()).toEqual(bad);
    const reasons = Object.fromEntries(report.skipped.map(({ file, reason }) => [file, reason]));
    expect(reasons).toMatchObject({
      '猫/cut jpg.jpg': 'is damaged: it is cut off',
      '猫/cut bmp.bmp': 'is damaged: it is cut off',
      'notes.png': 'is not an image, or of a kind that is not read here',
      'cats and dogs/empty.jpg': 'is empty (0 bytes)',
      'cats and dogs/readme.txt': 'is not an image',
      '🐟 fish/huge.png':
        'has 20,000 × 20,000 pixels, more than the 100 megapixels that can be read',
      '猫/loop': 'is a link to a folder that is imported already',
      itself: 'is a symbolic link that leads in a circle',
      'broken.jpg': 'is a link to something that is not there',
    });
    for (const { reason } of report.skipped) expect(reason).toMatch(/^(is|has|cannot) /);
    expect(
      project.store.classes
        .list()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['cats and dogs', '猫', '🐟 fish'].sort());
    expect(storedFiles()).toHaveLength(200);
    // Several decoders of at most a few hundred MB each, and nothing of the huge picture.
    expect(peak.tree).toBeLessThan(1.5 * 1024 ** 3);
  }, 120_000);

  it('keeps the original bytes under their hash', async () => {
    const path = await put('cat/a b.jpg', 1, 'exif');
    await bench.import(project, source);
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
    const stored = join(project.paths.images, hash.slice(0, 2), `${hash}.jpg`);
    expect(readFileSync(stored)).toEqual(readFileSync(path));
    const detail = await imageDetail(project, project.store.images.ids()[0]!);
    expect(detail).toMatchObject({
      name: 'cat/a b.jpg',
      // Turned upright by its EXIF orientation.
      width: 30,
      height: 40,
      sha256: hash,
      format: 'jpeg',
      channels: 3,
      bitDepth: 8,
      location: stored,
      mode: 'copy',
      available: true,
    });
  });

  it('recognises splits at the top and classes below, in natural order', async () => {
    const names = [
      'Train/cat/2.png',
      'Train/cat/10.png',
      'val/dog/deep/er/1.png',
      'TESTING/3.png',
      'top.png',
      'cat/train/x.png',
    ];
    for (const [i, name] of names.entries()) await put(name, i);
    await bench.import(project, source);
    expect(library()).toEqual([
      ['cat/train/x.png', 'cat', null],
      ['TESTING/3.png', null, 'test'],
      ['top.png', null, null],
      ['Train/cat/2.png', 'cat', 'train'],
      ['Train/cat/10.png', 'cat', 'train'],
      ['val/dog/deep/er/1.png', 'dog', 'validation'],
    ]);
    expect(project.store.splits.summary()).toMatchObject({
      total: 6,
      train: 2,
      validation: 1,
      test: 1,
      imported: 4,
    });
  });

  it('is looked at without writing anything', async () => {
    await put('train/cat/1.png', 1);
    await put('train/dog/2.png', 2);
    writeFileSync(join(source, 'notes.txt'), 'x');
    const scan = await scanSource(source, bench.services.uploads);
    expect(scan).toMatchObject({
      kind: 'folder',
      images: 2,
      otherFiles: 1,
      classes: [
        { name: 'cat', images: 1 },
        { name: 'dog', images: 1 },
      ],
      splits: [{ split: 'train', images: 2 }],
      warnings: [],
    });
    expect(project.store.images.count()).toBe(0);
    await expect(scanSource(join(source, 'gone'), bench.services.uploads)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(scanSource('relative', bench.services.uploads)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it.skipIf(process.getuid?.() === 0)('names what it has no permission for', async () => {
    const locked = await put('cat/locked.png', 1);
    await put('dog/in.png', 2);
    chmodSync(locked, 0);
    chmodSync(join(source, 'dog'), 0);
    const { report } = await bench.import(project, source);
    chmodSync(join(source, 'dog'), 0o755);
    expect(report.skipped).toEqual([
      { file: 'cat/locked.png', reason: 'cannot be read: no permission' },
      { file: 'dog', reason: 'cannot be read: no permission' },
    ]);
  });

  it('takes options: one split for all, a limit, no labels, a single file', async () => {
    for (let i = 0; i < 6; i++) await put(`train/cat/${i}.png`, i);
    const first = await bench.import(project, source, { split: 'test', limit: 2, labels: 'none' });
    expect(first.report.added).toBe(2);
    expect(library()).toEqual([
      ['train/cat/0.png', null, 'test'],
      ['train/cat/1.png', null, 'test'],
    ]);
    expect(storedFiles()).toHaveLength(2);
    const second = await bench.import(project, join(source, 'train/cat/5.png'));
    expect(second.report).toMatchObject({ added: 1, source: join(source, 'train/cat/5.png') });
    expect(library()[2]).toEqual(['5.png', null, null]);
  });

  it('fails with a plain error for a place that is not there', async () => {
    const { job } = await bench.import(project, join(source, 'gone'));
    expect(job).toMatchObject({ state: 'failed', error: { code: 'NOT_FOUND' } });
  });
});

describe('importing again', () => {
  it('adds only what is new', async () => {
    await put('cat/1.png', 1);
    await put('cat/2.png', 2);
    await bench.import(project, source);
    await put('cat/3.png', 3);
    copyFileSync(join(source, 'cat/1.png'), join(source, 'cat/copy of 1.png'));
    const { report } = await bench.import(project, source);
    expect(report).toMatchObject({ added: 1, duplicates: 3, conflicts: [] });
    expect(storedFiles()).toHaveLength(3);
  });

  it('keeps the first label, flags the image and tells of the other, once', async () => {
    await put('cat/1.png', 1);
    await put('dog/same.png', 1);
    const { report } = await bench.import(project, source);
    const [id] = project.store.images.ids();
    expect(report).toMatchObject({
      added: 1,
      duplicates: 1,
      conflicts: [{ image: id, file: 'dog/same.png', kept: 'cat', other: 'dog' }],
    });
    expect(await imageRows(project, [id!])).toMatchObject([{ flag: 'conflict' }]);
    expect(project.store.labels.history(id!)).toMatchObject([
      { className: 'dog', conflict: true, source: 'import' },
      { className: 'cat', conflict: false, source: 'import' },
    ]);
    const cat = project.store.classes.byName('cat')!;
    assignLabel(project, [id!], cat.id, { author: 'Ada' });
    const again = await bench.import(project, source);
    expect(again.report).toMatchObject({ added: 0, duplicates: 2, conflicts: [] });
    expect(await imageRows(project, [id!])).toMatchObject([{ flag: null, classId: cat.id }]);
  });

  it('never overrides what a person decided', async () => {
    await put('cat/1.png', 1);
    await put('2.png', 2);
    await bench.import(project, source);
    const [one, two] = project.store.images.ids({}, { by: 'name', direction: 'ascending' });
    const bird = createClass(project, 'bird');
    assignLabel(project, [one!, two!], bird.id, { author: 'Ada' });
    assignLabel(project, [one!], null, { author: 'Ada' });
    const { report } = await bench.import(project, source);
    expect(report.conflicts).toEqual([]);
    expect(project.store.images.get(one!)!.classId).toBeNull();
    expect(project.store.images.get(two!)!.classId).toBe(bird.id);
  });

  it('gives a label and a split to an image that had none', async () => {
    const file = await put('1.png', 1);
    await bench.import(project, source);
    mkdirSync(join(source, 'test/cat'), { recursive: true });
    renameSync(file, join(source, 'test/cat/1.png'));
    const { report } = await bench.import(project, source);
    expect(report).toMatchObject({ added: 0, duplicates: 1, conflicts: [] });
    expect(library()).toEqual([['1.png', 'cat', 'test']]);
  });

  it('brings back an image from the bin', async () => {
    await put('cat/1.png', 1);
    await bench.import(project, source);
    removeImages(project, project.store.images.ids(), { author: 'Ada' });
    expect(library()).toEqual([]);
    const { report } = await bench.import(project, source);
    expect(report).toMatchObject({ added: 1, duplicates: 0 });
    expect(library()).toEqual([['cat/1.png', 'cat', null]]);
  });
});

describe('by reference', () => {
  it('copies nothing, notices what is gone and finds it again', async () => {
    await put('cat/1.png', 1);
    await put('cat/2.png', 2);
    await bench.import(project, source, { mode: 'reference' });
    expect(storedFiles()).toEqual([]);
    const ids = project.store.images.ids();
    expect(await imageDetail(project, ids[0]!)).toMatchObject({
      mode: 'reference',
      location: join(source, 'cat/1.png'),
    });
    const moved = join(bench.folder, 'moved');
    renameSync(source, moved);
    expect((await imageRows(project, ids)).map(({ available }) => available)).toEqual([
      false,
      false,
    ]);
    expect(await healthOf(project)).toContainEqual(
      expect.objectContaining({ id: 'missing', count: 2, severity: 'warning' }),
    );
    const { report } = await bench.import(project, moved, { mode: 'reference' });
    expect(report).toMatchObject({ added: 0, duplicates: 2 });
    expect((await imageRows(project, ids)).map(({ available }) => available)).toEqual([true, true]);
  });
});

describe('an import that does not finish', () => {
  it('leaves what is committed, whole, and no stray file, when cancelled', async () => {
    for (let i = 0; i < 120; i++) await put(`cat/${i}.png`, i);
    const job = bench.start(project, source);
    const watch = bench.services.jobs.watch();
    for await (const event of watch) {
      if (event.type === 'update' && event.job.progress.done >= 20) break;
    }
    bench.services.jobs.cancel(job.id);
    const ended = await bench.services.jobs.finished(job.id);
    expect(ended.state).toBe('cancelled');
    const report = project.store.imports.list()[0]!;
    const rows = project.store.images.rows(project.store.images.ids());
    expect(report).toMatchObject({ state: 'cancelled', added: rows.length });
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThan(120);
    expect(storedFiles()).toEqual(rows.map(({ path }) => path!.slice(3)).sort());
    // In order, from the first on.
    expect(rows.map(({ name }) => name)).toEqual(rows.map((_, i) => `cat/${i}.png`));
    const { report: rest } = await bench.import(project, source);
    expect(rest).toMatchObject({ added: 120 - rows.length, duplicates: rows.length });
  });

  it('is tidied up when its process was killed', async () => {
    await put('cat/1.png', 1);
    await bench.import(project, source);
    project.store.transaction(() => project.store.imports.start('killed', 0));
    const stray = join(project.paths.images, 'ab', 'ab12.png');
    mkdirSync(join(stray, '..'), { recursive: true });
    writeFileSync(stray, 'x');
    await bench.registry.close(project.id);
    project = await bench.registry.open(project.path);
    expect(existsSync(stray)).toBe(false);
    expect(storedFiles()).toHaveLength(1);
    expect(project.store.imports.list()[0]).toMatchObject({ source: 'killed', state: 'failed' });
  });

  it('keeps the library usable when the file of an image is lost', async () => {
    await put('cat/1.png', 1);
    await bench.import(project, source);
    rmSync(join(project.paths.images, storedFiles()[0]!.slice(0, 2)), { recursive: true });
    const { report } = await bench.import(project, source);
    expect(report).toMatchObject({ added: 0, duplicates: 1 });
    expect(storedFiles()).toHaveLength(1);
  });
});

describe('dropped files', () => {
  it('are imported from an upload, which goes away', async () => {
    const { uploads } = bench.services;
    const session = uploads.create();
    const body = new Blob([new Uint8Array(await encoded('png', 20, 20, 1))]).stream();
    await uploads.write(session, 'my pictures/cat/1.png', body);
    const { report } = await bench.import(project, `upload:${session}`, { mode: 'reference' });
    expect(report).toMatchObject({ added: 1, source: 'Dropped files' });
    expect(library()).toEqual([['cat/1.png', 'cat', null]]);
    expect(storedFiles()).toHaveLength(1);
    expect(() => uploads.directory(session)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });
});
