import type { ImageFilter, ImageFlag, ImageSort, Split } from '#shared/contract/index.ts';
import type { Db, Statement } from './database.ts';
import { fold, orderBy, whereFilter } from './image-query.ts';
import { naturalKey } from './natural-key.ts';

/** An image as it is stored; in the bin when `deletedAt` is set. */
export interface StoredImage {
  id: number;
  sha256: string;
  /** Relative path at its source. */
  name: string;
  width: number;
  height: number;
  channels: number;
  bitDepth: number;
  bytes: number;
  format: string;
  storage: 'copy' | 'reference';
  /** Relative to the project's images/ when copied, absolute when referenced; null in a container. */
  path: string | null;
  container: number | null;
  containerIndex: number | null;
  importedSplit: Split | null;
  split: Split | null;
  flag: ImageFlag | null;
  classId: number | null;
  addedAt: number;
  deletedAt: number | null;
}

/** What is known of an image when it comes in. */
export type NewImage = Omit<
  StoredImage,
  'id' | 'importedSplit' | 'flag' | 'classId' | 'addedAt' | 'deletedAt'
> & { importId: number };

/** What a tensor pack has to know to find an image's pixels. */
export type PixelLocation = Pick<
  StoredImage,
  'id' | 'sha256' | 'name' | 'storage' | 'path' | 'container' | 'containerIndex'
>;

const columns = `i.id, i.sha256, i.name, i.width, i.height, i.channels, i.bit_depth AS bitDepth,
  i.bytes, i.format, i.storage, i.path, i.container_id AS container,
  i.container_index AS containerIndex, i.imported_split AS importedSplit, i.split, i.flag,
  i.class_id AS classId, i.added_at AS addedAt, i.deleted_at AS deletedAt`;

export class ImagesTable {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
    db.function('fold', { deterministic: true }, fold);
  }

  /** Ids in display order. */
  ids(
    filter: ImageFilter = {},
    sort: ImageSort = { by: 'added', direction: 'ascending' },
  ): number[] {
    const where = whereFilter(filter);
    const join = sort.by === 'class' ? 'LEFT JOIN classes c ON c.id = i.class_id' : '';
    return this.#db
      .prepare(`SELECT i.id FROM images i ${join} WHERE ${where.sql} ORDER BY ${orderBy(sort)}`)
      .pluck()
      .all(...where.values) as number[];
  }

  count(filter: ImageFilter = {}): number {
    const where = whereFilter(filter);
    return this.#db
      .prepare(`SELECT count(*) FROM images i WHERE ${where.sql}`)
      .pluck()
      .get(...where.values) as number;
  }

  /** Also finds an image that is in the bin. */
  get(id: number): StoredImage | null {
    const row = this.#db.prepare(`SELECT ${columns} FROM images i WHERE i.id = ?`).get(id);
    return (row as StoredImage | undefined) ?? null;
  }

  /** In the order of `ids`; unknown ids and images in the bin are left out. */
  rows(ids: readonly number[]): StoredImage[] {
    const found = this.#db
      .prepare(
        `SELECT ${columns} FROM images i
         WHERE i.id IN (SELECT value FROM json_each(?)) AND i.deleted_at IS NULL`,
      )
      .all(JSON.stringify(ids)) as StoredImage[];
    const byId = new Map(found.map((row) => [row.id, row]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** Labeled images in import order: what a run trains or is evaluated on. */
  labeled(options: { split?: Split; limit?: number } = {}): { id: number; classId: number }[] {
    return this.#db
      .prepare(
        `SELECT id, class_id AS classId FROM images
         WHERE deleted_at IS NULL AND class_id IS NOT NULL AND (@split IS NULL OR split = @split)
         ORDER BY id LIMIT @limit`,
      )
      .all({ split: options.split ?? null, limit: options.limit ?? -1 }) as {
      id: number;
      classId: number;
    }[];
  }

  /**
   * Images without a label in import order, but for those that are kept to validate or test on.
   */
  unlabeled(): number[] {
    return this.#db
      .prepare<[], number>(
        `SELECT id FROM images
         WHERE deleted_at IS NULL AND class_id IS NULL AND (split IS NULL OR split = 'train')
         ORDER BY id`,
      )
      .pluck()
      .all();
  }

  /** Where the pixels of images lie, in import order. */
  locations(ids: readonly number[]): PixelLocation[] {
    return this.#db
      .prepare(
        `SELECT i.id, i.sha256, i.name, i.storage, i.path, i.container_id AS container,
           i.container_index AS containerIndex
         FROM images i WHERE i.id IN (SELECT value FROM json_each(?)) ORDER BY i.id`,
      )
      .all(JSON.stringify(ids)) as PixelLocation[];
  }

  /** Up to `count` images for a cover: the first of each class, then any. */
  cover(count: number): StoredImage[] {
    return this.#db
      .prepare(
        `SELECT ${columns} FROM images i WHERE i.id IN (
           SELECT min(id) FROM images WHERE deleted_at IS NULL GROUP BY class_id
           UNION SELECT id FROM (SELECT id FROM images WHERE deleted_at IS NULL ORDER BY id LIMIT @count))
         ORDER BY i.id LIMIT @count`,
      )
      .all({ count }) as StoredImage[];
  }

  bySha(sha256: string): StoredImage | null {
    const row = this.#db.prepare(`SELECT ${columns} FROM images i WHERE i.sha256 = ?`).get(sha256);
    return (row as StoredImage | undefined) ?? null;
  }

  /** Which of the hashes are known, also those in the bin. */
  known(hashes: readonly string[]): Map<string, StoredImage> {
    const rows = this.#db
      .prepare(`SELECT ${columns} FROM images i WHERE i.sha256 IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(hashes)) as StoredImage[];
    return new Map(rows.map((row) => [row.sha256, row]));
  }

  insert(image: NewImage, addedAt: number): number {
    const result = this.#insertStatement().run({
      ...image,
      nameKey: naturalKey(image.name),
      addedAt,
    });
    return Number(result.lastInsertRowid);
  }

  #insertCache: Statement | undefined;

  #insertStatement(): Statement {
    return (this.#insertCache ??= this.#db.prepare(
      `INSERT INTO images (sha256, name, name_key, width, height, channels, bit_depth, bytes, format,
         storage, path, container_id, container_index, import_id, added_at, imported_split, split)
       VALUES (@sha256, @name, @nameKey, @width, @height, @channels, @bitDepth, @bytes, @format,
         @storage, @path, @container, @containerIndex, @importId, @addedAt, @split, @split)`,
    ));
  }

  /** Takes an image out of the bin, when it is imported again. */
  restore(id: number): void {
    this.#db.prepare('UPDATE images SET deleted_at = NULL WHERE id = ?').run(id);
  }

  /** A referenced image that was found again elsewhere, or copied in. */
  setLocation(id: number, storage: 'copy' | 'reference', path: string): void {
    this.#db.prepare('UPDATE images SET storage = ?, path = ? WHERE id = ?').run(storage, path, id);
  }

  /** Fills in the split that a later import tells, where there was none. */
  fillSplit(id: number, split: Split): void {
    this.#db
      .prepare(
        `UPDATE images SET split = coalesce(split, @split), imported_split = @split
         WHERE id = @id AND imported_split IS NULL`,
      )
      .run({ id, split });
  }

  setFlag(id: number, flag: ImageFlag | null): void {
    this.#db.prepare('UPDATE images SET flag = ? WHERE id = ?').run(flag, id);
  }

  /** Every file in images/ that a row speaks of, also rows in the bin. */
  storedFiles(): Set<string> {
    return new Set(
      this.#db
        .prepare(
          `SELECT path FROM images WHERE storage = 'copy' AND path IS NOT NULL
           UNION SELECT path FROM containers WHERE storage = 'copy'`,
        )
        .pluck()
        .all() as string[],
    );
  }

  /** Files outside the project, with how many images need each. */
  referencedFiles(): { path: string; images: number }[] {
    return this.#db
      .prepare(
        `SELECT coalesce(i.path, c.path) AS path, count(*) AS images
         FROM images i LEFT JOIN containers c ON c.id = i.container_id
         WHERE i.deleted_at IS NULL AND coalesce(c.storage, i.storage) = 'reference' GROUP BY 1`,
      )
      .all() as { path: string; images: number }[];
  }

  /** How many images have an edge shorter than `pixels`, and the shortest of those edges. */
  tiny(pixels: number): { tiny: number; smallest: number } {
    return this.#db
      .prepare(
        `SELECT count(*) AS tiny, coalesce(min(min(width, height)), 0) AS smallest FROM images
         WHERE deleted_at IS NULL AND min(width, height) < ?`,
      )
      .get(pixels) as { tiny: number; smallest: number };
  }
}
