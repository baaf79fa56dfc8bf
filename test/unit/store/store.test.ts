import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '#core/store/migrations/index.ts';
import { openStore, type Store } from '#core/store/store.ts';
import { naturalKey } from '#core/store/natural-key.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-store-'));
  file = join(folder, 'project.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A closed database with something in it. */
async function make(): Promise<void> {
  const store = openStore(file, { create: true });
  store.transaction(() => store.meta.set('name', 'kept'));
  for (let i = 0; i < 300; i++) store.transaction(() => addImage(store, i));
  await store.close();
}

function addImage(store: Store, number: number): number {
  const importId = store.imports.start('test', 0);
  return store.images.insert(
    {
      sha256: number.toString(16).padStart(64, '0'),
      name: `image ${number}.png`,
      width: 10 + number,
      height: 20,
      channels: 3,
      bitDepth: 8,
      bytes: 100,
      format: 'png',
      storage: 'copy',
      path: `00/${number}.png`,
      container: null,
      containerIndex: null,
      importId,
      split: null,
    },
    1000,
  );
}

describe('opening', () => {
  it('numbers its migrations without gaps', () => {
    expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, i) => i + 1));
  });

  it('makes a database only when asked to', () => {
    expect(() => openStore(file)).toThrow(expect.objectContaining({ code: 'NOT_A_PROJECT' }));
    expect(existsSync(file)).toBe(false);
  });

  it('keeps what was stored', async () => {
    await make();
    const store = openStore(file);
    expect(store.meta.get('name')).toBe('kept');
    expect(store.images.count()).toBe(300);
    await store.close();
  });

  it('refuses a newer schema and says so', async () => {
    await make();
    const db = new Database(file);
    db.pragma(`user_version = ${migrations.length + 1}`);
    db.close();
    expect(() => openStore(file)).toThrow(expect.objectContaining({ code: 'PROJECT_TOO_NEW' }));
  });

  it('refuses a database of another program and leaves it alone', () => {
    const db = new Database(file);
    db.exec('CREATE TABLE recipes (name TEXT)');
    db.close();
    expect(() => openStore(file)).toThrow(expect.objectContaining({ code: 'NOT_A_PROJECT' }));
    const again = new Database(file);
    expect(again.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['recipes']);
    again.close();
  });

  it('brings an older schema up to date, keeping a copy of the old file', async () => {
    const db = new Database(file);
    db.exec(migrations[0]!.sql);
    db.pragma('user_version = 1');
    db.pragma(`application_id = 1179604545`);
    db.prepare("INSERT INTO meta VALUES ('name', 'old')").run();
    db.close();
    const store = openStore(file);
    expect(store.meta.get('name')).toBe('old');
    expect(store.runs.count()).toBe(0);
    await store.close();
    expect(readdirSync(folder)).toContain('project.db.v1');
  });

  it('says of the runs of an older schema that they took a preset', async () => {
    const db = new Database(file);
    for (const { sql } of migrations.slice(0, 2)) db.exec(sql);
    db.pragma('user_version = 2');
    db.pragma(`application_id = 1179604545`);
    const settings = {
      epochs: 3,
      batch: 32,
      learningRate: 0.001,
      seed: 1,
      trainLimit: null,
      validateOn: { kind: 'none' },
      engine: 'cpu',
    };
    const options = JSON.stringify({ preset: 'lenet', ...settings });
    db.prepare(
      `INSERT INTO runs (name, status, created_at, options, spec, classes, parameters, versions,
         train_images, validation_images, label_revision, warnings, owner_pid)
       VALUES ('old', 'done', 0, ?, '{}', '[]', 0, '{}', 0, 0, 0, '[]', 1)`,
    ).run(options);
    db.close();
    const store = openStore(file);
    expect(store.runs.get('r1').options).toMatchObject({
      model: { kind: 'preset', preset: 'lenet' },
      ...settings,
    });
    await store.close();
  });

  it.each([
    [
      'overwritten',
      () => writeFileSync(file, 'not a database at all, but long enough'.repeat(500)),
    ],
    ['emptied', () => truncateSync(file, 0)],
    ['cut off', () => truncateSync(file, Math.floor(statSync(file).size / 2 / 4096) * 4096)],
  ])('reports a database that was %s, and keeps every byte of it', async (how, damage) => {
    await make();
    copyFileSync(file, `${file}.bak`);
    damage();
    // The last process did not close it either, so it is checked.
    if (how === 'cut off') writeFileSync(`${file}-wal`, 'x');
    const before = readFileSync(file);
    let error: unknown;
    try {
      openStore(file);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      code: 'PROJECT_DAMAGED',
      hint: expect.stringContaining('.bak') as string,
    });
    const copies = readdirSync(folder).filter((name) => /\.damaged-.*Z$/.test(name));
    expect(copies).toHaveLength(1);
    expect(readFileSync(join(folder, copies[0]!))).toEqual(before);
    expect(existsSync(file)).toBe(true);
  });

  it('copies a damaged file aside once, however often it is opened', async () => {
    await make();
    writeFileSync(file, 'x'.repeat(10_000));
    for (let i = 0; i < 3; i++) expect(() => openStore(file)).toThrow();
    expect(readdirSync(folder).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  });
});

describe('backup on close', () => {
  it('is a whole database, made only when something changed', async () => {
    await make();
    const first = openStore(file);
    first.transaction(() => first.meta.set('name', 'changed'));
    await first.close({ backup: true });
    const backup = `${file}.bak`;
    const copy = openStore(backup);
    expect(copy.meta.get('name')).toBe('changed');
    await copy.close();

    utimesSync(backup, new Date(), new Date(Date.now() + 60_000));
    const time = statSync(backup).mtimeMs;
    const second = openStore(file);
    second.labels.revision();
    await second.close({ backup: true });
    expect(statSync(backup).mtimeMs).toBe(time);
    expect(readdirSync(folder).some((name) => name.includes('partial'))).toBe(false);
  });
});

describe('several processes', () => {
  it('two connections see and write one database', async () => {
    await make();
    const [a, b] = [openStore(file), openStore(file)];
    a.transaction(() => a.meta.set('from', 'a'));
    expect(b.meta.get('from')).toBe('a');
    b.transaction(() => b.meta.set('from', 'b'));
    expect(a.meta.get('from')).toBe('b');
    await Promise.all([a.close({ backup: true }), b.close({ backup: true })]);
  });

  it('a killed process loses nothing that it had stored', async () => {
    await make();
    // Writes a number, says so, writes the next …, until it is killed in the middle of it. It says so
    // in step with the reader: it waits while nobody reads, and ends when nobody is left.
    const script = `
      import { writeSync } from 'node:fs';
      import { openStore } from '#core/store/store.ts';
      const store = openStore(${JSON.stringify(file)});
      for (let i = 1; ; i++) {
        store.transaction(() => store.meta.set('count', String(i)));
        writeSync(1, i + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: join(import.meta.dirname, '../../..'),
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.length > 2000) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const last = Number(said.trim().split('\n').at(-1));
    expect(last).toBeGreaterThan(100);
    const store = openStore(file);
    expect(Number(store.meta.get('count'))).toBeGreaterThanOrEqual(last);
    expect(store.images.count()).toBe(300);
    await store.close();
  });

  it('a log cut off in the middle of a write keeps what was committed before', async () => {
    await make();
    const store = openStore(file);
    store.transaction(() => store.meta.set('name', 'first'));
    const copy = join(folder, 'copy.db');
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    await store.close();
    appendFileSync(`${copy}-wal`, Buffer.alloc(2000, 7));
    const again = openStore(copy);
    expect(again.meta.get('name')).toBe('first');
    await again.close();
  });
});

describe('images', () => {
  let store: Store;
  beforeEach(() => {
    store = openStore(file, { create: true });
  });
  afterEach(() => store.close());

  /** Names are given at import and never changed, so the table has no method for it. */
  function renameImage(id: number, name: string): void {
    const db = new Database(file);
    db.prepare('UPDATE images SET name = ?, name_key = ? WHERE id = ?').run(
      name,
      naturalKey(name),
      id,
    );
    db.close();
  }

  it('sorts names as people do', async () => {
    await store.close();
    store = openStore(file);
    const names = ['img10', 'IMG2', 'img1', 'b', 'éclair', 'Äpfel', 'img002b'];
    const ids: number[] = [];
    for (const [i] of names.entries()) ids.push(store.transaction(() => addImage(store, i)));
    ids.forEach((id, i) => renameImage(id, names[i]!));
    const sorted = store.images
      .ids({}, { by: 'name', direction: 'ascending' })
      .map((id) => store.images.get(id)!.name);
    expect(sorted).toEqual(['b', 'img1', 'IMG2', 'img002b', 'img10', 'Äpfel', 'éclair']);
  });

  it('finds text in any case and any script, and takes wildcards literally', () => {
    const names = ['ÉCLAIR.png', '猫 1.png', '100%.png', 'a_b.png', 'axb.png', 'Ｘ😀.png'];
    const ids = names.map((_, i) => store.transaction(() => addImage(store, i)));
    ids.forEach((id, i) => renameImage(id, names[i]!));
    const find = (text: string): string[] =>
      store.images.ids({ text }).map((id) => store.images.get(id)!.name);
    expect(find('éclair')).toEqual(['ÉCLAIR.png']);
    expect(find('猫')).toEqual(['猫 1.png']);
    expect(find('%')).toEqual(['100%.png']);
    expect(find('a_b')).toEqual(['a_b.png']);
    expect(find('😀')).toEqual(['Ｘ😀.png']);
    expect(find('PNG')).toHaveLength(6);
    expect(find("'; DROP TABLE images; --")).toEqual([]);
    expect(store.images.count()).toBe(6);
  });

  it('answers rows in the order asked for', () => {
    const ids = [0, 1, 2, 3].map((i) => store.transaction(() => addImage(store, i)));
    const asked = [ids[2]!, 999, ids[0]!, ids[2]!];
    expect(store.images.rows(asked).map(({ id }) => id)).toEqual([ids[2], ids[0], ids[2]]);
  });

  it('refuses an id twice for the same bytes', () => {
    store.transaction(() => addImage(store, 1));
    expect(() => store.transaction(() => addImage(store, 1))).toThrow();
    expect(store.images.count()).toBe(1);
  });
});
