import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Project } from '#core/projects/project.ts';
import { encoded } from '../../helpers/pictures.ts';
import { sampleFolder } from '../../helpers/core.ts';
import { createWorkbench, type Workbench } from '../../helpers/workbench.ts';

let bench: Workbench;

beforeEach(() => {
  bench = createWorkbench({ resourcesDir: join(sampleFolder, '../..') });
});
afterEach(() => bench.close());

const failure = (code: string): unknown => expect.objectContaining({ code });

describe('making a project', () => {
  it('makes a folder with everything in it', async () => {
    const path = join(bench.folder, 'new place', 'Frühling 🌸.fovea');
    const project = await bench.registry.create({ path });
    expect(readdirSync(path).sort()).toEqual(
      expect.arrayContaining(['cache', 'images', 'project.db', 'runs']) as string[],
    );
    expect(project.summary()).toMatchObject({
      name: 'Frühling 🌸',
      path,
      images: 0,
      labeled: 0,
      classes: 0,
      runs: 0,
      task: 'single',
    });
    expect(Math.abs(project.summary().createdAt - Date.now())).toBeLessThan(10_000);
    expect(bench.registry.get(project.id)).toBe(project);
  });

  it('refuses a name without the ending, and a place that is taken', async () => {
    await expect(bench.registry.create({ path: join(bench.folder, 'x') })).rejects.toEqual(
      failure('INVALID_INPUT'),
    );
    await expect(bench.registry.create({ path: join(bench.folder, '.fovea') })).rejects.toEqual(
      failure('INVALID_INPUT'),
    );
    await bench.create('x');
    await expect(bench.create('x')).rejects.toEqual(failure('ALREADY_EXISTS'));
  });

  it('leaves nothing behind when it cannot', async () => {
    const file = join(bench.folder, 'file');
    writeFileSync(file, '');
    await expect(bench.registry.create({ path: join(file, 'a.fovea') })).rejects.toThrow();
    expect(readdirSync(bench.folder).filter((name) => name.includes('partial'))).toEqual([]);
  });
});

describe('opening a project', () => {
  it('answers the same one by any of its paths, also when asked twice at once', async () => {
    const project = await bench.create('a');
    const { path, id } = project;
    await bench.registry.close(id);
    expect(() => bench.registry.get(id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    const link = join(bench.folder, 'link.fovea');
    symlinkSync(path, link);
    const [a, b, c] = await Promise.all([
      bench.registry.open(path),
      bench.registry.open(`${path}/`),
      bench.registry.open(join(link, 'project.db')),
    ]);
    expect(b).toBe(a);
    expect(c).toBe(a);
    expect(a.id).toBe(id);
  });

  it('keeps its id where the folder moves, and gives a copy its own', async () => {
    const project = await bench.create('a');
    await bench.registry.close(project.id);
    const moved = join(bench.folder, 'moved.fovea');
    renameSync(project.path, moved);
    const again = await bench.registry.open(moved);
    expect(again.id).toBe(project.id);
    const copy = join(bench.folder, 'copy.fovea');
    cpSync(moved, copy, { recursive: true });
    const other = await bench.registry.open(copy);
    expect(other.id).not.toBe(project.id);
    const otherId = other.id;
    await bench.registry.closeAll();
    expect((await bench.registry.open(copy)).id).toBe(otherId);
  });

  it('says what is wrong with a place', async () => {
    await expect(bench.registry.open(join(bench.folder, 'gone.fovea'))).rejects.toEqual(
      failure('NOT_FOUND'),
    );
    mkdirSync(join(bench.folder, 'empty.fovea'));
    await expect(bench.registry.open(join(bench.folder, 'empty.fovea'))).rejects.toEqual(
      failure('NOT_A_PROJECT'),
    );
    const { path, id } = await bench.create('a');
    await bench.registry.close(id);
    writeFileSync(join(path, 'project.db'), 'scrambled '.repeat(1000));
    await expect(bench.registry.open(path)).rejects.toEqual(failure('PROJECT_DAMAGED'));
    expect(bench.registry.list()).toEqual([]);
  });

  it('calls who wants to know, before anyone gets it', async () => {
    const seen: string[] = [];
    bench.registry.onOpen.push(async (project: Project) => {
      await Promise.resolve();
      seen.push(project.name);
    });
    const project = await bench.create('a');
    expect(seen).toEqual(['a']);
    await bench.registry.open(project.path);
    expect(seen).toEqual(['a']);
  });
});

describe('closing a project', () => {
  it('ends its jobs and watchers, and keeps a backup', async () => {
    const project = await bench.create('a');
    const source = join(bench.folder, 'source');
    mkdirSync(source);
    for (let i = 0; i < 60; i++)
      writeFileSync(join(source, `${i}.png`), await encoded('png', 30, 30, i));
    const watching = (async () => {
      let seen = 0;
      for await (const change of project.changes.watch()) seen += change.topics.length;
      return seen;
    })();
    const job = bench.start(project, source);
    await bench.registry.close(project.id);
    // It ends, whatever it saw until then.
    expect(await watching).toBeGreaterThanOrEqual(0);
    expect(bench.services.jobs.get(job.id).finishedAt).not.toBeNull();
    expect(existsSync(join(project.path, 'project.db.bak'))).toBe(true);
    expect(existsSync(join(project.path, 'project.db-wal'))).toBe(false);
  });
});

describe('recent projects', () => {
  it('are listed newest first, with counts and a cover, and survive a restart', async () => {
    const a = await bench.create('a');
    const source = join(bench.folder, 'source');
    mkdirSync(join(source, 'cat'), { recursive: true });
    writeFileSync(join(source, 'cat', '1.png'), await encoded('png', 30, 30, 1));
    await bench.import(a, source);
    await bench.registry.close(a.id);
    const b = await bench.create('b');
    await bench.registry.close(b.id);
    const again = createWorkbench({ folder: bench.folder });
    const recent = await again.registry.recent();
    expect(recent).toMatchObject([
      { name: 'b', images: 0, exists: true, cover: [] },
      { name: 'a', images: 1, labeled: 1, exists: true, path: a.path },
    ]);
    expect(recent[1]!.cover[0]).toMatch(/^data:image\/png;base64,/);
    rmSync(b.path, { recursive: true });
    expect((await again.registry.recent())[0]).toMatchObject({ name: 'b', exists: false });
    again.registry.forget(b.path);
    expect((await bench.registry.recent()).map(({ name }) => name)).toEqual(['a']);
    expect(existsSync(a.path)).toBe(true);
    await again.services.decoders.close();
  });

  it('start anew when the list is damaged', async () => {
    writeFileSync(join(bench.services.dataDir, 'recent.json'), '[{"path":');
    expect(await bench.registry.recent()).toEqual([]);
    await bench.create('a');
    expect(await bench.registry.recent()).toHaveLength(1);
  });
});

describe('the sample', () => {
  it('is made once, filled by a job, and opened afterwards', async () => {
    const project = await bench.registry.openSample();
    const [job] = bench.services.jobs.list();
    expect(job).toMatchObject({ kind: 'import', project: project.id });
    expect(await bench.registry.openSample()).toBe(project);
    expect(bench.services.jobs.list()).toHaveLength(1);
    const ended = await bench.services.jobs.finished(job!.id);
    expect(ended).toMatchObject({ state: 'done', error: null });
    expect(project.summary()).toMatchObject({ name: 'Fashion-MNIST sample', classes: 10 });
    expect(project.store.splits.summary().train).toBe(500);
    await bench.registry.closeAll();
    await bench.registry.openSample();
    expect(bench.services.jobs.list()).toHaveLength(1);
  });
});

describe('the sample, where its pictures are missing', () => {
  it('is refused with what to do, leaves no empty project, and the app goes on', async () => {
    const bare = createWorkbench({ resourcesDir: join(bench.folder, 'nothing') });
    const refused = await bare.registry.openSample().catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Reinstall the app, or import pictures of your own.',
    });
    expect(bare.services.jobs.list()).toEqual([]);
    expect(await bare.registry.recent()).toEqual([]);
    expect((await bare.create('own')).summary().name).toBe('own');
    await bare.close();
  });
});

describe('renaming', () => {
  it('changes the name and tells', async () => {
    const project = await bench.create('a');
    project.rename('  Better  ');
    expect(project.summary().name).toBe('Better');
    await bench.registry.close(project.id);
    expect((await bench.registry.open(project.path)).name).toBe('Better');
  });
});

describe('a project that is open', () => {
  it('is listed with its counts of now, and a cover', async () => {
    const project = await bench.create('a');
    const folder = join(bench.folder, 'pictures');
    mkdirSync(folder);
    writeFileSync(join(folder, 'one.png'), await encoded('png', 40, 30, 1));
    await bench.import(project, folder);
    expect(await bench.registry.recent()).toEqual([
      expect.objectContaining({
        name: 'a',
        images: 1,
        cover: [expect.stringMatching(/^data:image\//)],
      }),
    ]);
  });
});

describe('leaving a project', () => {
  const isOpen = (id: string): boolean => bench.registry.list().some((one) => one.id === id);

  it('closes it when nobody else is there, and keeps its counts for the recent list', async () => {
    const { id, path } = await bench.create('a');
    await bench.registry.leave(id);
    expect(isOpen(id)).toBe(false);
    expect(await bench.registry.recent()).toEqual([expect.objectContaining({ path, images: 0 })]);
  });

  it('keeps it open while another window watches it', async () => {
    const { id, changes } = await bench.create('a');
    const other = changes.watch();
    const first = other.next();
    await bench.registry.leave(id);
    expect(isOpen(id)).toBe(true);
    changes.publish(['project']);
    await first;
    await other.return(undefined);
    await bench.registry.leave(id);
    expect(isOpen(id)).toBe(false);
  });

  it('lets its work go on', async () => {
    const { id } = await bench.create('a');
    const release = Promise.withResolvers<null>();
    const job = bench.services.jobs.start(
      { kind: 'training', project: id, title: 'Training', unit: 'images' },
      () => release.promise,
    );
    await bench.registry.leave(id);
    expect(isOpen(id)).toBe(true);
    release.resolve(null);
    expect((await bench.services.jobs.finished(job.id)).state).toBe('done');
    await bench.registry.leave(id);
    expect(isOpen(id)).toBe(false);
  });

  it('stays for someone who opens it in the same moment', async () => {
    const { id, path } = await bench.create('a');
    const left = bench.registry.leave(id);
    const project = await bench.registry.open(path);
    await left;
    expect(bench.registry.get(id)).toBe(project);
  });
});
