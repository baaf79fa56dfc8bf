/**
 * Everything that Undo can take back. One call is one step, however many images it concerns: it is
 * stored whole, with its history, before the call returns.
 */
import type { ChangeTopic, ImageFlag, StepResult } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Project } from '../projects/project.ts';
import type { StepSource } from '../store/steps.ts';
import type { Store } from '../store/store.ts';
import { requireClass } from './classes.ts';

/** Who does it, and as what. */
export interface Actor {
  author: string;
  source?: StepSource;
}

/** How many changed images an answer names. */
const MAX_IMAGES = 10_000;

interface Outcome {
  /** Images of which something changed. */
  images: number[];
  description: string;
}

/** Labels the images as one step; `null` clears. @throws AppError NOT_FOUND for an unknown class */
export function assignLabel(
  project: Project,
  images: readonly number[],
  classId: number | null,
  actor: Actor,
): StepResult {
  return step(project, actor, ['labels', 'images'], (store, id, at) => {
    const name = classId === null ? null : requireClass(store, classId).name;
    const changed = store.labels.assign(id, images, classId, at);
    if (classId !== null) store.steps.clearSettledFlags(id, changed);
    const count = countImages(changed.length);
    const description =
      name === null ? `Cleared the label of ${count}` : `Labeled ${count} as ${name}`;
    return { images: changed, description };
  });
}

export function flagImages(
  project: Project,
  images: readonly number[],
  flag: ImageFlag | null,
  actor: Actor,
): StepResult {
  return step(project, actor, ['images'], (store, id) => {
    const changed = store.steps.flag(id, images, flag);
    const count = countImages(changed.length);
    return {
      images: changed,
      description: flag === null ? `Took the flag off ${count}` : `Flagged ${count} as ${flag}`,
    };
  });
}

/** Moves images to the project's bin. */
export function removeImages(
  project: Project,
  images: readonly number[],
  actor: Actor,
): StepResult & { changed: number } {
  let changed = 0;
  const result = step(
    project,
    actor,
    ['images', 'labels', 'classes', 'splits'],
    (store, id, at) => {
      const removed = store.steps.removeImages(id, images, at);
      changed = removed.length;
      return { images: removed, description: `Removed ${countImages(changed)}` };
    },
  );
  return { ...result, changed };
}

/** Gives every image of `from` the class `into` and deletes `from`. */
export function mergeClasses(
  project: Project,
  from: number,
  into: number,
  actor: Actor,
): StepResult {
  if (from === into) {
    throw new AppError('INVALID_INPUT', 'A class cannot be merged with itself.');
  }
  return step(
    project,
    { source: 'merge', ...actor },
    ['labels', 'classes', 'images'],
    (store, id, at) => {
      const source = requireClass(store, from);
      const target = requireClass(store, into);
      const images = store.labels.moveClass(id, from, into, at);
      store.steps.recordClassDeletion(id, from, at);
      return {
        images,
        description: `Merged ${source.name} into ${target.name} (${countImages(images.length)})`,
      };
    },
  );
}

/** Deletes a class; its images become unlabeled. */
export function removeClass(project: Project, classId: number, actor: Actor): StepResult {
  return step(project, actor, ['labels', 'classes', 'images'], (store, id, at) => {
    const { name } = requireClass(store, classId);
    const images = store.labels.moveClass(id, classId, null, at);
    store.steps.recordClassDeletion(id, classId, at);
    return { images, description: `Deleted the class ${name} (${countImages(images.length)})` };
  });
}

export function undo(project: Project): StepResult {
  return walk(project, 'undone');
}

export function redo(project: Project): StepResult {
  return walk(project, 'done');
}

class NothingToDo extends Error {}

/** Runs one new step; one that changes nothing leaves no trace, nor does it end what can be redone. */
function step(
  project: Project,
  actor: Actor,
  topics: ChangeTopic[],
  work: (store: Store, step: number, at: number) => Outcome,
): StepResult {
  const { store } = project;
  const at = Date.now();
  try {
    const outcome = store.transaction(() => {
      const id = store.steps.begin({
        description: '',
        author: actor.author,
        at,
        source: actor.source ?? 'person',
        undoable: true,
      });
      const result = work(store, id, at);
      if (result.images.length === 0 && store.steps.changes(id).length === 0)
        throw new NothingToDo();
      store.steps.describe(id, result.description);
      return result;
    });
    return answer(project, topics, outcome.images, outcome.description);
  } catch (error) {
    if (!(error instanceof NothingToDo)) throw error;
    return { description: null, images: [], state: store.steps.state() };
  }
}

function walk(project: Project, to: 'done' | 'undone'): StepResult {
  const { store } = project;
  const outcome = store.transaction((): Outcome | null => {
    const next = to === 'undone' ? store.steps.undoable() : store.steps.redoable();
    if (!next) return null;
    const changes = store.steps.changes(next.id);
    for (const change of changes) {
      if (change.field !== 'class-deleted') continue;
      if (to === 'undone') restoreClass(store, change.subject);
      else store.classes.setDeleted(change.subject, Number(change.after));
    }
    const labeled =
      to === 'undone' ? store.labels.undo(next.id) : store.labels.redo(next.id, next.at);
    const others =
      to === 'undone' ? store.steps.undoImages(next.id) : store.steps.redoImages(next.id);
    store.steps.setState(next.id, to);
    return { images: [...new Set([...labeled, ...others])], description: next.description };
  });
  if (!outcome) return { description: null, images: [], state: store.steps.state() };
  const verb = to === 'undone' ? 'Undone' : 'Redone';
  return answer(
    project,
    ['labels', 'images', 'classes', 'splits'],
    outcome.images,
    `${verb}: ${outcome.description}`,
  );
}

/** Brings a class back; what another class took meanwhile (its name, its key) stays with that one. */
function restoreClass(store: Store, id: number): void {
  const deleted = store.classes.get(id);
  if (!deleted) return;
  let name = deleted.name;
  for (let n = 2; store.classes.byName(name); n++) name = `${deleted.name} (${n})`;
  const key = deleted.key !== null && store.classes.byKey(deleted.key) ? null : deleted.key;
  store.classes.update(id, { name, key });
  store.classes.setDeleted(id, null);
}

function answer(
  project: Project,
  topics: ChangeTopic[],
  images: number[],
  description: string,
): StepResult {
  project.changes.publish(topics, images);
  return { description, images: images.slice(0, MAX_IMAGES), state: project.store.steps.state() };
}

function countImages(count: number): string {
  return count === 1 ? '1 image' : `${count.toLocaleString('en')} images`;
}
