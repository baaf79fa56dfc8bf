// The editor's state against the real core.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LayerSpec, ModelSpec } from '#shared/model-spec.ts';
import { findPreset } from '#shared/presets/index.ts';
import { newLayer } from '../../../src/renderer/features/train/editor/palette.ts';
import type { ModelEditor } from '../../../src/renderer/state/model-editor.svelte.ts';
import { ModelsState } from '../../../src/renderer/state/models.svelte.ts';
import { createTestCore, type TestCore } from '../../helpers/core.ts';

let test: TestCore;
let project: string;
let models: ModelsState;
let editor: ModelEditor;

beforeAll(async () => {
  test = await createTestCore();
  const made = await test.client.projects.create({ path: `${test.folder}/projects/a.fovea` });
  project = made.id;
});
afterAll(() => test.close());

const preset = findPreset('fashion-small')!;
const residual: LayerSpec = {
  type: 'residual',
  body: [{ type: 'conv2d', filters: 64, kernel: [3, 3], padding: 'same' }],
};

beforeEach(async () => {
  models = new ModelsState(test.client, project, () => 3);
  models.editPreset('fashion-small');
  editor = models.editor!;
  await editor.check();
});

const types = (spec: ModelSpec = editor.spec) => spec.layers.map(({ type }) => type);
const original = types(preset.spec);

describe('a model that is changed', () => {
  it('shows what the core says of each layer, for the classes of the project', () => {
    expect(editor.summary?.parameters).toBe(266_755);
    expect(editor.summaryOf(editor.spec.layers[0]!)).toMatchObject({ output: [26, 26, 32] });
    expect(editor.current).toBe(true);
    expect(editor.changed).toBe(true);
  });

  it('keeps the numbers of layers that are as they were until the core answers', async () => {
    const dense = editor.spec.layers.at(-2)!;
    editor.select([0]);
    editor.add(newLayer('batchnorm'));
    expect(editor.selected).toEqual([1]);
    expect(editor.current).toBe(false);
    expect(editor.summaryOf(dense)?.parameters).toBe(247_840);
    expect(editor.summaryOf(editor.layer!)).toBeUndefined();
    await editor.check();
    expect(editor.summaryOf(editor.layer!)?.parameters).toBe(128);
  });

  it('says at which layer it is wrong, and mends it', async () => {
    const at = original.indexOf('flatten');
    editor.remove([at]);
    await editor.check();
    expect(editor.problem).toMatchObject({ path: [at], fix: { label: 'Insert flatten' } });
    expect(editor.problemAt([at])).toBe(editor.problem);
    expect(editor.problemAt([at + 1])).toBeNull();
    editor.fix();
    expect(types()).toEqual(original);
    await editor.check();
    expect(editor.problem).toBeNull();
  });

  it('shows what is wrong inside of a closed block at the block', async () => {
    editor.select([2]);
    editor.add({ ...residual, body: [{ type: 'dense', units: 3 }] });
    await editor.check();
    expect(editor.problem?.path).toEqual([3, 0, 0]);
    expect(editor.problemAt([3])).toBeNull();
    editor.toggle(editor.layer!);
    expect(editor.problemAt([3])).toBe(editor.problem);
  });

  it('goes back and forward, one change of a setting at a time', () => {
    const { spec } = editor;
    for (const filters of [3, 4, 5]) {
      editor.change([0], { ...editor.spec.layers[0]!, filters } as LayerSpec, 'filters');
    }
    editor.remove([1]);
    editor.undo();
    expect(editor.spec.layers[0]).toMatchObject({ filters: 5 });
    editor.undo();
    expect(editor.spec).toBe(spec);
    expect(editor.canUndo).toBe(false);
    editor.redo();
    editor.redo();
    expect(types()).toEqual(original.toSpliced(1, 1));
    expect(editor.canRedo).toBe(false);
    editor.undo();
    editor.changeModel({ loss: 'binary-crossentropy' }, 'loss');
    expect(editor.canRedo).toBe(false);
  });

  it('moves layers among their neighbours, into blocks and out of them', () => {
    editor.select([1]);
    editor.shift('up');
    expect(types().slice(0, 2)).toEqual(['maxpool2d', 'conv2d']);
    editor.shift('up');
    expect(editor.selected).toEqual([0]);
    editor.shift('down');
    editor.shift('down');
    expect(editor.selected).toEqual([2]);
    editor.select([0]);
    editor.add(residual);
    editor.select([2]);
    editor.shift('in');
    expect(editor.selected).toEqual([1, 0, 1]);
    expect(editor.layer?.type).toBe('conv2d');
    editor.shift('out');
    expect(editor.selected).toEqual([2]);
    editor.moveTo([1], [1, 0, 0]);
    expect(editor.spec.layers[1]?.type).toBe('residual');
  });

  it('puts copies beside what they are of, and never shares their layers', () => {
    editor.select([0]);
    editor.add({ ...residual, name: 'mine' });
    editor.duplicate();
    const [, one, other] = editor.spec.layers;
    expect(other).toEqual(residual);
    expect(one).toMatchObject({ name: 'mine' });
    expect((other as typeof residual).body[0]).not.toBe((one as typeof residual).body[0]);
  });

  it('selects what is left after a removal, down to the empty model', () => {
    for (const _ of original) {
      editor.select([0]);
      editor.remove();
    }
    expect(editor.spec.layers).toEqual([]);
    expect(editor.selected).toEqual([]);
    editor.remove();
    editor.add(newLayer('flatten'));
    expect(types()).toEqual(['flatten']);
  });

  it('gives blocks branches, never fewer than two', () => {
    editor.select([0]);
    editor.add(newLayer('branches'));
    editor.addBranch([1]);
    expect(editor.selected).toEqual([1, 2]);
    editor.add(newLayer('dropout'));
    expect(editor.selected).toEqual([1, 2, 0]);
    editor.select([1, 2]);
    editor.remove();
    editor.select([1, 0]);
    editor.remove();
    expect(editor.spec.layers[1]).toEqual(newLayer('branches'));
  });

  it('walks its rows, those of closed blocks left out', () => {
    editor.select([0]);
    editor.add(residual);
    const block = editor.layer!;
    const shown = () => editor.rows.map(({ path }) => path.join('.'));
    expect(shown().slice(0, 5)).toEqual(['0', '1', '1.0', '1.0.0', '1.1']);
    editor.selectBy(2);
    expect(editor.selected).toEqual([1, 0, 0]);
    editor.toggle(block);
    expect(shown().slice(0, 3)).toEqual(['0', '1', '2']);
    editor.selectBy(-Infinity);
    expect(editor.selected).toEqual([]);
  });
});

describe('keeping models', () => {
  it('saves a new one, then in its place, and as another', async () => {
    await editor.save();
    expect(editor.changed).toBe(false);
    const first = editor.saved!;
    expect(first).toMatchObject({ name: 'My Fashion small', from: 'Fashion small' });
    editor.changeModel({ labelSmoothing: 0.1 }, 'labelSmoothing');
    expect(editor.changed).toBe(true);
    expect((await editor.save()).id).toBe(first.id);
    const other = await editor.saveAs('My Fashion small');
    expect(other).toMatchObject({ name: 'My Fashion small 2', from: 'My Fashion small' });
    expect(editor.spec.name).toBe('My Fashion small 2');
    expect(editor.changed).toBe(false);
    await models.load();
    expect(models.list?.map(({ name }) => name)).toEqual([
      'My Fashion small',
      'My Fashion small 2',
    ]);
    await models.remove(first.id);
    await models.remove(other.id);
    expect(models.list).toEqual([]);
  });

  it('opens whatever a run would take', async () => {
    const { id } = await editor.save();
    await models.edit({ kind: 'saved', model: id });
    expect(models.editor).toMatchObject({ changed: false, spec: { name: 'My Fashion small' } });
    await models.edit({ kind: 'spec', spec: { ...preset.spec, name: 'of a run' } });
    expect(models.editor).toMatchObject({ saved: null, spec: { name: 'of a run' } });
    await models.edit({ kind: 'preset', preset: 'lenet' });
    expect(models.editor).toMatchObject({ saved: null, spec: { name: 'My LeNet' } });
    await expect(models.edit({ kind: 'preset', preset: 'none' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await models.remove(id);
  });

  it('comes back to what was not saved, until it is discarded', () => {
    editor.remove([0]);
    models.close();
    expect(models.editor).toBeNull();
    models.editPreset('fashion-small');
    expect(models.editor).toBe(editor);
    models.discard();
    models.editPreset('fashion-small');
    expect(models.editor).not.toBe(editor);
    expect(types(models.editor!.spec)).toEqual(original);
  });

  it('opens files, and says what is wrong with them', async () => {
    const file = (value: unknown) => new Blob([JSON.stringify(value)]);
    await models.importFile(file({ ...preset.spec, name: 'from a file' }));
    expect(models.editor?.spec.name).toBe('from a file');
    await expect(models.importFile(new Blob(['{']))).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: 'This file is not JSON.',
    });
    await expect(
      models.importFile(file({ ...preset.spec, layers: [{ type: 'nonsense' }] })),
    ).rejects.toMatchObject({ message: 'Layer 1: there is no layer type "nonsense".' });
  });
});
