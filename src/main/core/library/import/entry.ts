import type { ImportReport, Split } from '#shared/contract/index.ts';
import { ensureClass } from '../../labels/classes.ts';
import type { NewImage, StoredImage } from '../../store/images.ts';
import type { Store } from '../../store/store.ts';

/** An image that is ready to be entered: its bytes are where they belong. */
export interface Candidate {
  image: Omit<NewImage, 'importId' | 'split'>;
  className: string | null;
  split: Split | null;
  /** Known by its hash, but its file was gone: the row is to point to this one. */
  relocated: boolean;
}

type Conflict = ImportReport['conflicts'][number];

export interface ImportCounts {
  added: number;
  duplicates: number;
  conflicts: Conflict[];
  /** Classes were added. */
  newClasses: boolean;
}

/**
 * Enters images and their labels, batch by batch. The same picture (by hash) is entered once: the
 * first label stays, a differing later one becomes an entry in the history and flags the image.
 */
export class ImageEntry {
  readonly counts: ImportCounts = { added: 0, duplicates: 0, conflicts: [], newClasses: false };
  readonly #store: Store;
  readonly #importId: number;
  readonly #author: string;
  readonly #describe: (added: number) => string;
  /** The step in the label history, made when the first label comes. */
  #step: number | null = null;

  constructor(options: {
    store: Store;
    importId: number;
    author: string;
    describe: (added: number) => string;
  }) {
    this.#store = options.store;
    this.#importId = options.importId;
    this.#author = options.author;
    this.#describe = options.describe;
  }

  /** Adds the classes that are not there yet, in this order, before an image needs them. */
  addClasses(names: readonly string[]): void {
    this.#store.transaction(() => {
      for (const name of names) this.#classId(name, new Map());
    });
  }

  /** Enters a batch in one transaction; counts only what is committed. */
  enter(batch: readonly Candidate[], at = Date.now()): void {
    if (batch.length === 0) return;
    const store = this.#store;
    const before = structuredClone(this.counts);
    const stepBefore = this.#step;
    try {
      store.transaction(() => {
        const classes = new Map<string, number>();
        const known = store.images.known(batch.map(({ image }) => image.sha256));
        const revision = store.labels.newRevision();
        for (const candidate of batch) this.#enterOne(candidate, { at, classes, known, revision });
        store.imports.progress(this.#importId, this.counts.added, this.counts.duplicates);
        if (this.#step !== null)
          store.steps.describe(this.#step, this.#describe(this.counts.added));
      });
    } catch (error) {
      Object.assign(this.counts, before);
      this.#step = stepBefore;
      throw error;
    }
  }

  #enterOne(
    { image, className, split, relocated }: Candidate,
    context: {
      at: number;
      classes: Map<string, number>;
      known: Map<string, StoredImage>;
      revision: number;
    },
  ): void {
    const { at, known, revision } = context;
    const classId = className === null ? null : this.#classId(className, context.classes);
    const existing = known.get(image.sha256);
    if (!existing) {
      const id = this.#store.images.insert({ ...image, importId: this.#importId, split }, at);
      this.counts.added++;
      if (classId !== null) this.#label(id, classId, at, revision);
      known.set(image.sha256, {
        ...image,
        id,
        classId,
        split,
        importedSplit: split,
        flag: null,
        addedAt: at,
        deletedAt: null,
      });
      return;
    }
    if (existing.deletedAt === null) {
      this.counts.duplicates++;
    } else {
      this.#store.images.restore(existing.id);
      existing.deletedAt = null;
      this.counts.added++;
    }
    if (relocated && image.path !== null) {
      this.#store.images.setLocation(existing.id, image.storage, image.path);
    }
    if (split !== null && existing.importedSplit === null) {
      this.#store.images.fillSplit(existing.id, split);
    }
    if (classId !== null) this.#labelExisting(existing, classId, image.name, at, revision);
  }

  #labelExisting(
    existing: StoredImage,
    classId: number,
    file: string,
    at: number,
    revision: number,
  ): void {
    const { labels, images, classes } = this.#store;
    if (existing.classId === classId) return;
    // What an import has said once is known, however the user decided since.
    if (labels.importedAs(existing.id, classId)) return;
    if (existing.classId === null) {
      if (labels.hasHistory(existing.id)) return;
      this.#label(existing.id, classId, at, revision);
      existing.classId = classId;
      return;
    }
    labels.addConflict(this.#stepId(at), existing.id, classId);
    if (existing.flag === null) images.setFlag(existing.id, 'conflict');
    this.counts.conflicts.push({
      image: existing.id,
      file,
      kept: classes.get(existing.classId)?.name ?? '',
      other: classes.get(classId)?.name ?? '',
    });
  }

  #label(image: number, classId: number, at: number, revision: number): void {
    this.#store.labels.addImported(this.#stepId(at), image, classId, at, revision);
  }

  #classId(name: string, classes: Map<string, number>): number {
    let id = classes.get(name);
    if (id === undefined) {
      const count = this.#store.classes.count();
      id = ensureClass(this.#store, name);
      if (this.#store.classes.count() > count) this.counts.newClasses = true;
      classes.set(name, id);
    }
    return id;
  }

  #stepId(at: number): number {
    this.#step ??= this.#store.steps.begin({
      description: '',
      author: this.#author,
      at,
      source: 'import',
      undoable: false,
    });
    return this.#step;
  }
}
