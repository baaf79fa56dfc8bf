import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ImageList } from '../../../src/renderer/state/image-list.svelte.ts';
import { Labeling } from '../../../src/renderer/state/labeling.svelte.ts';
import { OpenProject } from '../../../src/renderer/state/project.svelte.ts';
import { Selection } from '../../../src/renderer/state/selection.svelte.ts';
import { createTestCore, finished, sampleFolder, type TestCore } from '../../helpers/core.ts';

// The renderer's state against the real core: the sample's first 60 images, all labeled.
let test: TestCore;
let project: OpenProject;
let list: ImageList;
let selection: Selection;
let labeling: Labeling;
let advance = true;
const said: (string | null)[] = [];
const fail = (error: unknown): never => {
  throw error;
};

beforeAll(async () => {
  test = await createTestCore();
  const summary = await test.client.projects.create({ path: `${test.folder}/projects/a.fovea` });
  const { job } = await test.client.library.import({
    project: summary.id,
    source: sampleFolder,
    split: 'train',
    limit: 60,
    mode: 'copy',
    labels: 'source',
  });
  await finished(test.client, job);
  project = new OpenProject(test.client, summary);
});

afterAll(() => test.close());
// A list that still listens would ask a closed project.
afterEach(() => list.dispose());

beforeEach(async () => {
  said.length = 0;
  advance = true;
  await project.load();
  list = new ImageList(test.client, project.id, fail);
  selection = new Selection();
  await list.show({});
  selection.ids = list.ids;
  list.want(0, 60);
  await expect.poll(() => list.rows.size).toBe(60);
  labeling = new Labeling({
    api: test.client,
    project,
    list,
    selection,
    autoAdvance: () => advance,
    onStep: (result) => said.push(result.description),
    onError: fail,
    onFlash: () => undefined,
  });
});

// What it still waits to read would fail when the core is gone.
afterEach(() => list.dispose());

const classAt = (index: number): number => project.classes[index]!.id;
const stored = async (id: number): Promise<number | null> => {
  const [row] = await test.client.library.images.rows({ project: project.id, ids: [id] });
  return row!.classId;
};

describe('labeling', () => {
  it('shows the label at once, stores it, and goes on', async () => {
    const id = list.ids[4]!;
    selection.place(4);
    const next = classAt(list.rows.get(id)!.classId === classAt(0) ? 1 : 0);
    labeling.assign(next);
    expect(list.rows.get(id)?.classId).toBe(next);
    expect(selection.cursor).toBe(5);
    await labeling.settled();
    expect(await stored(id)).toBe(next);
    expect(said).toHaveLength(1);
  });

  it('stays where it is without auto-advance', () => {
    advance = false;
    selection.place(4);
    labeling.assign(classAt(2));
    expect(selection.cursor).toBe(4);
  });

  it('labels a selection as one step, which one undo takes back', async () => {
    const before = await Promise.all(list.ids.slice(0, 3).map(stored));
    selection.pick(0);
    selection.extendTo(2);
    labeling.assign(classAt(5));
    await labeling.settled();
    expect(said).toHaveLength(1);
    expect(selection.size).toBe(3);
    await test.client.labels.undo({ project: project.id });
    expect(await Promise.all(list.ids.slice(0, 3).map(stored))).toEqual(before);
  });

  it('keeps the order of keys that come faster than the core answers', async () => {
    advance = false;
    selection.place(10);
    labeling.assign(classAt(1));
    labeling.assign(classAt(2));
    labeling.assign(classAt(3));
    await labeling.settled();
    expect(await stored(list.ids[10]!)).toBe(classAt(3));
  });

  it('finds the next and the previous unlabeled image, around the end', async () => {
    selection.place(20);
    labeling.assign(null);
    await labeling.settled();
    expect(selection.cursor).toBe(20);
    selection.place(40);
    expect(await labeling.findUnlabeled(1)).toBe(20);
    expect(await labeling.findUnlabeled(-1)).toBe(20);
    await test.client.labels.undo({ project: project.id });
  });

  it('finds nothing when all are labeled', async () => {
    await list.refresh();
    list.rows.clear();
    expect(await labeling.findUnlabeled(1)).toBeNull();
  });

  it('flags, and takes the flag away again', async () => {
    advance = false;
    selection.place(7);
    labeling.flag('unsure');
    await labeling.settled();
    expect(list.rows.get(list.ids[7]!)?.flag).toBe('unsure');
    labeling.flag('unsure');
    await labeling.settled();
    const [row] = await test.client.library.images.rows({
      project: project.id,
      ids: [list.ids[7]!],
    });
    expect(row?.flag).toBeNull();
  });
});

describe('the list of the grid', () => {
  it('keeps its ids while labels change, counts what no longer fits, and refreshes when asked', async () => {
    const wanted = list.rows.get(list.ids[0]!)!.classId!;
    await list.show({ classes: [wanted] });
    selection.ids = list.ids;
    list.want(0, list.ids.length);
    await expect.poll(() => list.ids.every((id) => list.rows.has(id))).toBe(true);
    const before = list.ids;
    const other = project.classes.find(({ id }) => id !== wanted)!.id;
    selection.place(0);
    labeling.assign(other);
    await labeling.settled();
    expect(list.ids).toBe(before);
    expect([...list.unfit]).toEqual([before[0]]);
    expect(list.stale).toBe(true);
    await list.refresh();
    expect(list.ids).toEqual(before.slice(1));
    expect(list.stale).toBe(false);
    await test.client.labels.undo({ project: project.id });
  });

  it('hears that the core changed a row, and that an image is gone', async () => {
    const id = list.ids[30]!;
    await test.client.labels.assign({ project: project.id, images: [id], classId: null });
    list.changed({ topics: ['labels'], images: [id] });
    await expect.poll(() => list.rows.get(id)?.classId).toBeNull();
    await test.client.library.images.remove({ project: project.id, images: [id] });
    list.changed({ topics: ['images'], images: [id] });
    await expect.poll(() => list.unfit.has(id)).toBe(true);
    await test.client.labels.undo({ project: project.id });
    await test.client.labels.undo({ project: project.id });
    list.changed({ topics: ['images'], images: [id] });
    await expect.poll(() => list.unfit.has(id)).toBe(false);
  });

  it('shows new images at the end at once, and waits with those that would move others', async () => {
    const byName = new ImageList(test.client, project.id, fail);
    await byName.show({}, { by: 'name', direction: 'descending' });
    const still = byName.ids;
    const { job } = await test.client.library.import({
      project: project.id,
      source: sampleFolder,
      split: 'train',
      limit: 65,
      mode: 'copy',
      labels: 'source',
    });
    await finished(test.client, job);
    list.changed({ topics: ['images'] });
    byName.changed({ topics: ['images'] });
    await expect.poll(() => list.ids.length, { timeout: 5000 }).toBe(65);
    await expect.poll(() => byName.arrived, { timeout: 5000 }).toBe(5);
    expect(byName.ids).toBe(still);
    byName.dispose();
  });

  it('shows at once what an undo brings back, in its place', async () => {
    const before = [...list.ids];
    const images = before.slice(10, 12);
    await test.client.library.images.remove({ project: project.id, images });
    await list.refresh();
    expect(list.ids).toEqual(before.filter((id) => !images.includes(id)));
    const undone = await test.client.labels.undo({ project: project.id });
    await list.bringBack(undone.images);
    expect(list.ids).toEqual(before);
    // A step whose images are all there moves nothing.
    const same = list.ids;
    await list.bringBack(images);
    expect(list.ids).toBe(same);
  });

  it('shows a fixed list under its title', async () => {
    const some = [list.ids[3]!, list.ids[1]!];
    list.showFixed(some, 'coat predicted as shirt');
    expect(list.ids).toEqual(some);
    await list.refresh();
    expect(list.ids).toEqual(some);
    await list.show({});
    expect(list.title).toBeNull();
  });
});

describe('looks of classes', () => {
  it('tells classes of one colour apart by a pattern', async () => {
    const color = project.classes[0]!.color;
    const twin = await test.client.labels.classes.create({ project: project.id, name: 'Twin' });
    await test.client.labels.classes.update({ project: project.id, class: twin.id, color });
    await project.load();
    expect(project.look(classAt(0))).toMatchObject({ color, pattern: 0 });
    expect(project.lookByName('Twin')).toMatchObject({ color, pattern: 1 });
    expect(project.look(9999)).toBeUndefined();
  });
});
