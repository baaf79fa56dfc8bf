/** Classes: adding, renaming, ordering. Merging and deleting are steps: see labeling.ts. */
import { classColor, classColors } from '#shared/class-colors.ts';
import type { ClassInfo } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Project } from '../projects/project.ts';
import type { StoredClass } from '../store/classes.ts';
import type { Store } from '../store/store.ts';

/** Keys given to new classes, in turn; later classes get none. */
const classKeys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];

export interface ClassChange {
  name?: string | undefined;
  color?: string | undefined;
  key?: string | null | undefined;
}

/** @throws AppError ALREADY_EXISTS */
export function createClass(project: Project, name: string): ClassInfo {
  const { store } = project;
  const id = store.transaction(() => {
    const existing = store.classes.byName(normalName(name));
    if (existing) throw nameTaken(existing.name);
    return addClass(store, name);
  });
  project.changes.publish(['classes']);
  return classInfo(store, id);
}

/** The class of that name, made if there is none. Within a transaction of the caller's. */
export function ensureClass(store: Store, name: string): number {
  return store.classes.byName(normalName(name))?.id ?? addClass(store, name);
}

function addClass(store: Store, name: string): number {
  const others = store.classes.list();
  const color =
    classColors.find((candidate) => others.every((other) => other.color !== candidate)) ??
    classColor(others.length);
  const key =
    classKeys.find((candidate) => others.every((other) => other.key !== candidate)) ?? null;
  return store.classes.insert({ name: normalName(name), color, key });
}

/** Composed and trimmed: a folder 'é' from a Mac and one from elsewhere are one class. */
export function normalName(name: string): string {
  return name.normalize('NFC').trim();
}

/** Changes the given fields; a key taken from another class leaves that one without. */
export function updateClass(project: Project, id: number, change: ClassChange): ClassInfo {
  const { store } = project;
  store.transaction(() => {
    requireClass(store, id);
    const values: Partial<StoredClass> = {};
    if (change.name !== undefined) {
      values.name = normalName(change.name);
      const other = store.classes.byName(values.name);
      if (other && other.id !== id) throw nameTaken(other.name);
    }
    if (change.color !== undefined) values.color = change.color;
    if (change.key !== undefined) {
      values.key = change.key?.toLowerCase() || null;
      const holder = values.key === null ? null : store.classes.byKey(values.key);
      if (holder && holder.id !== id) store.classes.update(holder.id, { key: null });
    }
    store.classes.update(id, values);
  });
  project.changes.publish(['classes']);
  return classInfo(store, id);
}

/** Classes not named in `order` follow in the order they had. */
export function reorderClasses(project: Project, order: readonly number[]): ClassInfo[] {
  const { store } = project;
  store.transaction(() => {
    const present = store.classes.list().map((info) => info.id);
    const first = [...new Set(order)].filter((id) => present.includes(id));
    const rest = present.filter((id) => !first.includes(id));
    for (const [position, id] of [...first, ...rest].entries()) {
      store.classes.update(id, { position: position + 1 });
    }
  });
  project.changes.publish(['classes']);
  return store.classes.list();
}

/** @throws AppError NOT_FOUND for a class that never was or was deleted */
export function requireClass(store: Store, id: number): StoredClass {
  const found = store.classes.get(id);
  if (!found || found.deletedAt !== null) {
    throw new AppError('NOT_FOUND', 'This class does not exist any more.', { subject: String(id) });
  }
  return found;
}

function classInfo(store: Store, id: number): ClassInfo {
  const info = store.classes.list().find((candidate) => candidate.id === id);
  if (!info) throw new AppError('NOT_FOUND', 'This class does not exist any more.');
  return info;
}

function nameTaken(name: string): AppError {
  return new AppError('ALREADY_EXISTS', `There is already a class named “${name}”.`, {
    subject: name,
    hint: 'Choose another name, or merge the two classes.',
  });
}
