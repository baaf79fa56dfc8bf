import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClass, reorderClasses, updateClass } from '#core/labels/classes.ts';
import {
  assignLabel,
  flagImages,
  mergeClasses,
  redo,
  removeClass,
  removeImages,
  undo,
} from '#core/labels/labeling.ts';
import type { Project } from '#core/projects/project.ts';
import { createWorkbench, type Workbench } from '../../helpers/workbench.ts';

const ada = { author: 'Ada' };
let bench: Workbench;
let project: Project;

beforeEach(async () => {
  bench = createWorkbench();
  project = await bench.create();
});
afterEach(() => bench.close());

let imageNumber = 0;

/** Rows without files: labels do not look at pixels. */
function addImages(count: number, target = project): number[] {
  const { store } = target;
  return store.transaction(() => {
    const importId = store.imports.start('test', 0);
    return Array.from({ length: count }, () => {
      imageNumber++;
      return store.images.insert(
        {
          sha256: imageNumber.toString(16).padStart(64, '0'),
          name: `${imageNumber}.png`,
          width: 8,
          height: 8,
          channels: 1,
          bitDepth: 8,
          bytes: 1,
          format: 'png',
          storage: 'copy',
          path: `00/${imageNumber}.png`,
          container: null,
          containerIndex: null,
          importId,
          split: null,
        },
        0,
      );
    });
  });
}

const classOf = (id: number): number | null => project.store.images.get(id)!.classId;
const nameOf = (id: number): string | null => {
  const classId = classOf(id);
  return classId === null ? null : project.store.classes.get(classId)!.name;
};

describe('assigning', () => {
  it('is one step for many images, said in words', () => {
    const ids = addImages(12);
    const coat = createClass(project, 'coat');
    const result = assignLabel(project, ids, coat.id, ada);
    expect(result).toEqual({
      description: 'Labeled 12 images as coat',
      images: ids,
      state: { total: 12, labeled: 12, undo: 'Labeled 12 images as coat', redo: null },
    });
    expect(undo(project).description).toBe('Undone: Labeled 12 images as coat');
    expect(ids.map(classOf)).toEqual(ids.map(() => null));
    expect(redo(project).state).toMatchObject({ labeled: 12, redo: null });
  });

  it('leaves no step when nothing changes, and keeps what can be redone', () => {
    const [id] = addImages(1);
    const [a, b] = [createClass(project, 'a'), createClass(project, 'b')];
    assignLabel(project, [id!], a.id, ada);
    assignLabel(project, [id!], b.id, ada);
    undo(project);
    expect(assignLabel(project, [id!], a.id, ada).description).toBeNull();
    expect(redo(project).description).toBe('Redone: Labeled 1 image as b');
  });

  it('refuses an unknown class and changes nothing', () => {
    const ids = addImages(2);
    expect(() => assignLabel(project, ids, 77, ada)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
    expect(project.store.steps.state()).toEqual({ total: 2, labeled: 0, undo: null, redo: null });
  });

  it('passes over unknown images and those in the bin', () => {
    const [a, b] = addImages(2);
    const cat = createClass(project, 'cat');
    removeImages(project, [b!], ada);
    expect(assignLabel(project, [a!, b!, 9999], cat.id, ada).images).toEqual([a]);
  });

  it('keeps every decision in the history: who, when, how, undone or not', () => {
    const [id] = addImages(1);
    const [cat, dog] = [createClass(project, 'cat'), createClass(project, 'dog')];
    assignLabel(project, [id!], cat.id, ada);
    assignLabel(project, [id!], dog.id, { author: 'Bo', source: 'model' });
    undo(project);
    assignLabel(project, [id!], null, ada);
    const history = project.store.labels.history(id!);
    expect(
      history.map(({ author, className, source, undone }) => [author, className, source, undone]),
    ).toEqual([
      ['Ada', null, 'person', false],
      ['Bo', 'dog', 'model', true],
      ['Ada', 'cat', 'person', false],
    ]);
    expect(history[2]!.step).toBe('Labeled 1 image as cat');
    expect(Math.abs(history[0]!.at - Date.now())).toBeLessThan(5000);
  });

  it('settles a skipped or conflicting image, as one step with its flag', () => {
    const [a, b, c] = addImages(3);
    const cat = createClass(project, 'cat');
    assignLabel(project, [a!, c!], cat.id, ada);
    project.store.transaction(() => project.store.images.setFlag(a!, 'conflict'));
    flagImages(project, [b!], 'skipped', ada);
    flagImages(project, [c!], 'unsure', ada);
    const result = assignLabel(project, [a!, b!, c!], cat.id, ada);
    expect(result.images).toEqual([a, b]);
    const flags = (): unknown[] => [a!, b!, c!].map((id) => project.store.images.get(id)!.flag);
    expect(flags()).toEqual([null, null, 'unsure']);
    undo(project);
    expect(flags()).toEqual(['conflict', 'skipped', 'unsure']);
    expect(classOf(a!)).toBe(cat.id);
  });

  it('counts changed labels since a moment, once an image, and not those set back', () => {
    const ids = addImages(5);
    const [cat, dog] = [createClass(project, 'cat'), createClass(project, 'dog')];
    assignLabel(project, ids, cat.id, ada);
    const revision = project.store.labels.revision();
    expect(project.store.labels.changedSince(revision, ids)).toBe(0);
    assignLabel(project, ids.slice(0, 2), dog.id, ada);
    assignLabel(project, ids.slice(1, 2), null, ada);
    expect(project.store.labels.changedSince(revision, ids)).toBe(2);
    expect(project.store.labels.changedSince(revision, ids.slice(1))).toBe(1);
  });

  it('names at most 10,000 images, whatever it changed', () => {
    const ids = addImages(10_050);
    const cat = createClass(project, 'cat');
    const result = assignLabel(project, ids, cat.id, ada);
    expect(result.images).toHaveLength(10_000);
    expect(result.description).toBe('Labeled 10,050 images as cat');
    expect(removeImages(project, ids, ada).changed).toBe(10_050);
  });
});

describe('classes', () => {
  it('get different colours and the number keys in turn', () => {
    const made = Array.from({ length: 14 }, (_, i) => createClass(project, `class ${i}`));
    expect(made.map(({ key }) => key)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '0',
      null,
      null,
      null,
      null,
    ]);
    expect(new Set(made.slice(0, 12).map(({ color }) => color)).size).toBe(12);
  });

  it('have one name each, whatever its Unicode form', () => {
    createClass(project, 'é');
    expect(() => createClass(project, 'e\u0301 ')).toThrow(
      expect.objectContaining({ code: 'ALREADY_EXISTS' }),
    );
    const other = createClass(project, 'b');
    expect(() => updateClass(project, other.id, { name: 'é' })).toThrow(
      expect.objectContaining({ code: 'ALREADY_EXISTS' }),
    );
  });

  it('hand a key over', () => {
    const [a, b] = [createClass(project, 'a'), createClass(project, 'b')];
    updateClass(project, b.id, { key: '1', color: '#123456', name: 'bee' });
    expect(project.store.classes.list()).toMatchObject([
      { id: a.id, key: null },
      { id: b.id, key: '1', color: '#123456', name: 'bee' },
    ]);
  });

  it('keep the order given, those not named after', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => createClass(project, name).id);
    expect(reorderClasses(project, [c!, 99, c!]).map(({ id }) => id)).toEqual([c, a, b]);
    expect(reorderClasses(project, []).map(({ id }) => id)).toEqual([c, a, b]);
  });

  it('merge and unmerge', () => {
    const ids = addImages(4);
    const [cat, kitten] = [createClass(project, 'cat'), createClass(project, 'kitten')];
    assignLabel(project, ids.slice(0, 2), cat.id, ada);
    assignLabel(project, ids.slice(2), kitten.id, ada);
    const merged = mergeClasses(project, kitten.id, cat.id, ada);
    expect(merged.description).toBe('Merged kitten into cat (2 images)');
    expect(project.store.classes.list()).toMatchObject([{ name: 'cat', images: 4 }]);
    expect(project.store.labels.history(ids[3]!)[0]).toMatchObject({
      source: 'merge',
      className: 'cat',
    });
    undo(project);
    expect(project.store.classes.list()).toMatchObject([
      { name: 'cat', images: 2 },
      { name: 'kitten', images: 2, key: kitten.key },
    ]);
    redo(project);
    expect(ids.map(nameOf)).toEqual(['cat', 'cat', 'cat', 'cat']);
    expect(() => mergeClasses(project, cat.id, cat.id, ada)).toThrow();
    expect(() => mergeClasses(project, kitten.id, cat.id, ada)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });

  it('can be deleted without images, and come back beside a new one of that name', () => {
    const cat = createClass(project, 'cat');
    expect(removeClass(project, cat.id, ada).description).toBe('Deleted the class cat (0 images)');
    const other = createClass(project, 'cat');
    expect(other.id).not.toBe(cat.id);
    undo(project);
    expect(project.store.classes.list().map(({ name }) => name)).toEqual(['cat (2)', 'cat']);
    expect(project.store.classes.list().map(({ key }) => key)).toEqual([null, '1']);
  });

  it('take the label of images in the bin along', () => {
    const [id] = addImages(1);
    const cat = createClass(project, 'cat');
    assignLabel(project, [id!], cat.id, ada);
    removeImages(project, [id!], ada);
    removeClass(project, cat.id, ada);
    project.store.transaction(() => project.store.images.restore(id!));
    expect(classOf(id!)).toBeNull();
  });
});

describe('undo and redo', () => {
  it('survive a restart', async () => {
    const ids = addImages(3);
    const cat = createClass(project, 'cat');
    assignLabel(project, ids, cat.id, ada);
    flagImages(project, ids, 'unsure', ada);
    undo(project);
    await bench.registry.close(project.id);
    project = await bench.registry.open(project.path);
    expect(project.store.steps.state()).toMatchObject({
      undo: 'Labeled 3 images as cat',
      redo: 'Flagged 3 images as unsure',
    });
    undo(project);
    expect(ids.map(classOf)).toEqual([null, null, null]);
    redo(project);
    redo(project);
    expect(project.store.images.count({ flags: ['unsure'] })).toBe(3);
  });

  it('do nothing at the ends, and say so', () => {
    expect(undo(project)).toMatchObject({ description: null, images: [] });
    expect(redo(project)).toMatchObject({ description: null, images: [] });
  });

  /** One command of the model below, with numbers that are taken modulo what exists. */
  const command = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(
        fc.constant('assign'),
        fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
        fc.nat(4),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constant('flag'),
        fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }),
        fc.nat(2),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(
        fc.constant('remove'),
        fc.array(fc.nat(7), { minLength: 1, maxLength: 2 }),
        fc.constant(0),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constant('merge'), fc.tuple(fc.nat(3), fc.nat(3)), fc.constant(0)),
    },
    { weight: 1, arbitrary: fc.tuple(fc.constant('delete'), fc.tuple(fc.nat(3)), fc.constant(0)) },
    { weight: 4, arbitrary: fc.tuple(fc.constant('undo'), fc.constant([]), fc.constant(0)) },
    { weight: 3, arbitrary: fc.tuple(fc.constant('redo'), fc.constant([]), fc.constant(0)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('reopen'), fc.constant([]), fc.constant(0)) },
  );

  it('always show what a simple model shows', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        project = await bench.create(`model ${round++}`);
        const images = addImages(8);
        const classes = [0, 1, 2, 3].map((n) => createClass(project, `c${n}`).id);
        /** What the user sees: of each live image its class and flag, and the live classes. */
        const seen = (): string =>
          JSON.stringify([
            project.store.images.rows(images).map(({ id, classId, flag }) => [id, classId, flag]),
            project.store.classes.list().map(({ id, images: count }) => [id, count]),
          ]);
        // The model: the views after each step, and where in them we are.
        let views = [seen()];
        let at = 0;
        for (const [kind, args, extra] of commands) {
          const ids = (args as number[]).map((n) => images[n % 8]!);
          const chosen = (args as number[]).map((n) => classes[n % 4]!);
          const live = (id: number): boolean => project.store.classes.get(id)!.deletedAt === null;
          let result: { description: string | null } | undefined;
          if (kind === 'assign') {
            const target = extra === 4 ? null : classes[extra]!;
            if (target === null || live(target)) result = assignLabel(project, ids, target, ada);
          } else if (kind === 'flag') {
            result = flagImages(project, ids, ([null, 'unsure', 'skipped'] as const)[extra]!, ada);
          } else if (kind === 'remove') {
            result = removeImages(project, ids, ada);
          } else if (kind === 'merge') {
            const [from, into] = chosen;
            if (from !== into && live(from!) && live(into!)) {
              result = mergeClasses(project, from!, into!, ada);
            }
          } else if (kind === 'delete') {
            if (live(chosen[0]!)) result = removeClass(project, chosen[0]!, ada);
          } else if (kind === 'reopen') {
            await bench.registry.close(project.id);
            project = await bench.registry.open(project.path);
          } else {
            const moved = kind === 'undo' ? undo(project) : redo(project);
            const possible = kind === 'undo' ? at > 0 : at < views.length - 1;
            expect(moved.description !== null).toBe(possible);
            if (possible) at += kind === 'undo' ? -1 : 1;
          }
          if (result && result.description !== null) {
            views = [...views.slice(0, at + 1), seen()];
            at++;
          }
          expect(seen()).toBe(views[at]);
          const state = project.store.steps.state();
          expect([state.undo !== null, state.redo !== null]).toEqual([
            at > 0,
            at < views.length - 1,
          ]);
        }
        await bench.registry.close(project.id);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe('two windows on one project', () => {
  it('see one history', async () => {
    const ids = addImages(4);
    const cat = createClass(project, 'cat');
    const other = createWorkbench({ folder: `${bench.folder}/second` });
    const twin = await other.registry.open(project.path);
    assignLabel(project, ids.slice(0, 2), cat.id, ada);
    assignLabel(twin, ids.slice(2), cat.id, { author: 'Bo' });
    expect(project.store.steps.state()).toMatchObject({ labeled: 4 });
    expect(undo(project).images).toEqual(ids.slice(2));
    expect(twin.store.steps.state()).toMatchObject({ labeled: 2, redo: 'Labeled 2 images as cat' });
    await other.close();
  });
});

describe('changes', () => {
  it('reach who watches, gathered', async () => {
    const ids = addImages(3);
    const cat = createClass(project, 'cat');
    await new Promise((resolve) => setTimeout(resolve, 80));
    const stop = new AbortController();
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const change of project.changes.watch(stop.signal)) seen.push(change);
    })();
    await Promise.resolve();
    for (const id of ids) assignLabel(project, [id], cat.id, ada);
    await new Promise((resolve) => setTimeout(resolve, 150));
    stop.abort();
    await watching;
    expect(seen).toEqual([{ topics: ['labels', 'images'], images: ids }]);
  });
});
