import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMediaApp } from '#core/api/media.ts';
import { imageUrl, thumbnailUrl, uploadUrl } from '#shared/media-urls.ts';
import { encoded, type PictureKind } from '../../helpers/pictures.ts';
import { createTestCore, finished, type TestCore } from '../../helpers/core.ts';

let test: TestCore;
let project: string;
let app: ReturnType<typeof createMediaApp>;
let ids: Map<string, number>;

const kinds = ['jpg', 'png', 'webp', 'gif', 'avif', 'tiff', 'bmp', 'png16', 'exif'] as const;

beforeAll(async () => {
  test = await createTestCore();
  const source = join(test.folder, 'source');
  mkdirSync(source);
  for (const [i, kind] of kinds.entries()) {
    writeFileSync(join(source, kind), await encoded(kind, 300, 200, i));
  }
  project = (await test.client.projects.create({ path: join(test.folder, 'a.fovea') })).id;
  await finished(test.client, (await test.client.library.import({ project, source })).job);
  const rows = await test.client.library.images.rows({
    project,
    ids: await test.client.library.images.ids({ project }),
  });
  ids = new Map(rows.map(({ id, name }) => [name, id]));
  app = createMediaApp(test.core.context);
});
afterAll(() => test.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(app.request(path, { headers }));
const idOf = (kind: PictureKind): number => ids.get(kind)!;

describe('pictures', () => {
  it('sends what browsers show as it is, and the rest converted', async () => {
    const types: Record<string, string | null> = {};
    for (const kind of kinds) {
      const response = await get(imageUrl(project, idOf(kind)));
      expect(response.status).toBe(200);
      types[kind] = response.headers.get('content-type');
      const bytes = Buffer.from(await response.arrayBuffer());
      const original = readFileSync(join(test.folder, 'source', kind));
      expect(bytes.equals(original)).toBe(!['tiff', 'bmp', 'png16'].includes(kind));
      const { autoOrient } = await sharp(bytes).metadata();
      expect(autoOrient).toEqual(
        kind === 'exif' ? { width: 200, height: 300 } : { width: 300, height: 200 },
      );
    }
    expect(types).toMatchObject({
      jpg: 'image/jpeg',
      avif: 'image/avif',
      tiff: 'image/png',
      bmp: 'image/png',
      png16: 'image/png',
    });
  });

  it('makes thumbnails of each size once, upright, no larger than asked', async () => {
    for (const size of [64, 128, 256, 512] as const) {
      const response = await get(thumbnailUrl(project, idOf('exif'), size));
      const { width, height } = await sharp(await response.arrayBuffer()).metadata();
      expect(height).toBe(Math.min(size, 300));
      expect(width).toBeLessThan(height);
    }
    const paths = test.core.context.projects.get(project).paths;
    rmSync(paths.cache, { recursive: true });
    expect((await get(thumbnailUrl(project, idOf('bmp'), 128))).status).toBe(200);
    expect(readdirSync(paths.thumbnails)).toHaveLength(1);
  });

  it('may be kept for ever, by the hash of the image', async () => {
    const first = await get(thumbnailUrl(project, idOf('jpg'), 128));
    expect(first.headers.get('cache-control')).toContain('immutable');
    const etag = first.headers.get('etag')!;
    const again = await get(thumbnailUrl(project, idOf('jpg'), 128), { 'if-none-match': etag });
    expect(again.status).toBe(304);
    const other = await get(imageUrl(project, idOf('jpg')), { 'if-none-match': etag });
    expect(other.status).toBe(200);
  });

  it.each([
    ['an unknown project', '/media/nope/images/1', 404],
    ['an unknown image', '/images/99999', 404],
    ['no number', '/images/..%2f..%2fproject.db', 404],
    ['a size that is not made', '/thumbnails/1?size=9999', 400],
  ])('answers %s with an error as JSON', async (_, path, status) => {
    const response = await get(path.startsWith('/media') ? path : `/media/${project}${path}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ message: expect.any(String) as string });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it('says so when the file is gone', async () => {
    const detail = await test.client.library.images.get({ project, image: idOf('tiff') });
    rmSync(detail.location);
    const response = await get(imageUrl(project, idOf('tiff')));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'SOURCE_UNREADABLE' });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('uploads', () => {
  const put = (path: string, body: BodyInit): Promise<Response> =>
    Promise.resolve(app.request(path, { method: 'PUT', body }));

  it('keep names with spaces, emoji and percent signs', async () => {
    const { session } = await test.client.files.createUpload();
    const name = 'my dog/100% 🐶 #1?.png';
    const response = await put(uploadUrl(session, name), new Uint8Array([1, 2, 3]));
    expect(response.status).toBe(201);
    const directory = test.core.context.uploads.directory(session);
    expect([...readFileSync(join(directory, name))]).toEqual([1, 2, 3]);
  });

  it.each(['../out.png', 'a/../../out.png', '..\\out.png', 'nul\0.png', '%2e%2e/out.png'])(
    'never lead outside: %j',
    async (name) => {
      const { session } = await test.client.files.createUpload();
      const encodedPath = name
        .split('/')
        .map((part) => encodeURIComponent(part))
        .join('/');
      const before = readdirSync(test.core.context.options.dataDir, { recursive: true }).length;
      const response = await put(`/upload/${session}/${encodedPath}`, 'x');
      const directory = test.core.context.uploads.directory(session);
      const inside = readdirSync(directory, { recursive: true }).length;
      expect(existsSync(join(directory, '..', 'out.png'))).toBe(false);
      expect(readdirSync(test.core.context.options.dataDir, { recursive: true }).length).toBe(
        before + inside,
      );
      if (name !== '%2e%2e/out.png') expect(response.status).toBeGreaterThanOrEqual(400);
    },
  );

  it('need a session', async () => {
    expect((await put('/upload/00000000-0000-0000-0000-000000000000/a.png', 'x')).status).toBe(404);
    expect((await put('/upload/..%2f/a.png', 'x')).status).toBe(404);
  });
});
