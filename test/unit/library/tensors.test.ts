import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_SLOT } from '#core/library/tensors.ts';
import type { Project } from '#core/projects/project.ts';
import { resize } from '#shared/resize.ts';
import { encoded, picture } from '../../helpers/pictures.ts';
import { createWorkbench, type Workbench } from '../../helpers/workbench.ts';

let bench: Workbench;
let project: Project;
let ids: number[];
const size = { height: 6, width: 5, channels: 3 };
const row = 6 * 5 * 3;

beforeEach(async () => {
  bench = createWorkbench();
  project = await bench.create();
  const source = join(bench.folder, 'source');
  mkdirSync(source);
  for (let i = 0; i < 8; i++)
    writeFileSync(join(source, `${i}.png`), await encoded('png', 20, 14, i));
  await bench.import(project, source);
  ids = project.store.images.ids();
});
afterEach(() => bench.close());

async function expected(i: number): Promise<Buffer> {
  const data = await picture(20, 14, i).raw().toBuffer();
  return Buffer.from(resize({ data, height: 14, width: 20, channels: 3 }, 6, 5));
}

async function expectRight(
  pack: { file: string; slots: Uint32Array },
  images: number[],
): Promise<void> {
  const bytes = readFileSync(pack.file);
  for (const [i, id] of images.entries()) {
    const slot = pack.slots[i]!;
    expect(bytes.subarray(slot * row, (slot + 1) * row)).toEqual(await expected(ids.indexOf(id)));
  }
}

describe('a tensor pack', () => {
  it('holds the canonical pixels of each image, in the order asked for', async () => {
    const asked = [ids[3]!, ids[0]!, ids[3]!];
    const pack = await project.tensors.ensure({ ...size, images: asked });
    expect(pack.failed).toEqual([]);
    expect(pack.slots[0]).toBe(pack.slots[2]);
    await expectRight(pack, asked);
    expect(statSync(pack.file).size).toBe(2 * row);
  });

  it('decodes each image once', async () => {
    const progress: number[][] = [];
    await project.tensors.ensure({ ...size, images: ids.slice(0, 5) });
    const before = statSync(
      (await project.tensors.ensure({ ...size, images: ids.slice(0, 5) })).file,
    );
    const pack = await project.tensors.ensure({
      ...size,
      images: ids,
      onProgress: (...p) => progress.push(p),
    });
    expect(progress[0]).toEqual([5, 8]);
    expect(progress.at(-1)).toEqual([8, 8]);
    expect(statSync(pack.file).size).toBe(before.size + 3 * row);
    await expectRight(pack, ids);
  });

  it('is made again when the cache was deleted', async () => {
    await project.tensors.ensure({ ...size, images: ids });
    rmSync(project.paths.cache, { recursive: true });
    const pack = await project.tensors.ensure({ ...size, images: ids.slice(4) });
    await expectRight(pack, ids.slice(4));
  });

  it.each([
    ['rows without entries', (file: string) => appendFileSync(file, Buffer.alloc(row + 7, 9))],
    ['half an entry', (file: string) => appendFileSync(file.replace('.bin', '.idx'), 'torn')],
    ['a row cut off', (file: string) => truncateSync(file, 3 * row - 1)],
    ['an index cut off', (file: string) => truncateSync(file.replace('.bin', '.idx'), 32)],
    ['no index', (file: string) => rmSync(file.replace('.bin', '.idx'))],
  ])('mends itself after a kill that left %s', async (_, tear) => {
    const { file } = await project.tensors.ensure({ ...size, images: ids.slice(0, 4) });
    tear(file);
    // As another process would find it.
    await bench.registry.close(project.id);
    project = await bench.registry.open(project.path);
    const pack = await project.tensors.ensure({ ...size, images: ids });
    expect(pack.failed).toEqual([]);
    await expectRight(pack, ids);
    expect(statSync(file).size).toBe(8 * row);
  });

  it('is shared by two processes', async () => {
    const other = createWorkbench({ folder: join(bench.folder, 'second') });
    const twin = await other.registry.open(project.path);
    const [a, b] = await Promise.all([
      project.tensors.ensure({ ...size, images: ids }),
      twin.tensors.ensure({ ...size, images: ids.toReversed() }),
    ]);
    await expectRight(a, ids);
    await expectRight(b, ids.toReversed());
    expect(statSync(a.file).size).toBe(8 * row);
    await other.close();
  });

  it('names the images that cannot be had', async () => {
    const broken = project.store.images.get(ids[2]!)!;
    writeFileSync(join(project.paths.images, broken.path!), 'spoilt');
    const gone = project.store.images.get(ids[5]!)!;
    rmSync(join(project.paths.images, gone.path!));
    const pack = await project.tensors.ensure({ ...size, images: [...ids, 999] });
    expect([...pack.slots].map((slot) => slot === NO_SLOT)).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(pack.failed).toEqual([
      { image: ids[2], reason: 'is not an image, or of a kind that is not read here' },
      { image: ids[5], reason: 'does not exist any more' },
      { image: 999, reason: 'is not in the project any more' },
    ]);
  });

  it('can be cancelled and gone on with', async () => {
    const stop = new AbortController();
    const onProgress = (done: number): void => {
      if (done === 2) stop.abort();
    };
    await expect(
      project.tensors.ensure({ ...size, images: ids, signal: stop.signal, onProgress }),
    ).rejects.toThrow();
    await expectRight(await project.tensors.ensure({ ...size, images: ids }), ids);
  });
});
