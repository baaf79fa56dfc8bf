import { describe, expect, it } from 'vitest';
import { layerSettings, layerSpec, type PartType } from '#shared/layer-spec.ts';
import { summarize } from '#core/engine/layers/summary.ts';
import { describeLayer } from '../../../src/renderer/features/train/editor/describe.ts';
import {
  fieldsOf,
  settingOf,
  withSetting,
} from '../../../src/renderer/features/train/editor/fields.ts';
import {
  newLayer,
  newModel,
  paletteGroups,
} from '../../../src/renderer/features/train/editor/palette.ts';
import { text } from '../../../src/renderer/features/train/editor/text.ts';

const types = [...layerSettings.keys()];

describe('the palette', () => {
  it('offers every layer type once, each a valid layer', () => {
    const offered: PartType[] = paletteGroups.flatMap((group) => [...group.types]);
    expect(offered.toSorted()).toEqual(types.toSorted());
    for (const type of types) {
      expect(layerSpec.parse(newLayer(type)), type).toEqual(newLayer(type));
      expect(newLayer(type)).not.toBe(newLayer(type));
    }
  });

  it('begins new models with one that can be trained', () => {
    const small = { height: 32, width: 32, channels: 3 };
    expect(summarize(newModel('new', small), 7).layers.at(-1)?.output).toEqual([7]);
  });
});

describe.each(types)('the fields of %s', (type) => {
  const layer = newLayer(type);
  const fields = fieldsOf(layer);

  it('are all of its settings, each with words', () => {
    expect(fields.map(({ key }) => key).toSorted()).toEqual(
      Object.keys(layerSettings.get(type) ?? {}).toSorted(),
    );
    for (const { key } of fields) {
      expect(text.field(key), key).not.toBe(key);
      expect(text.fieldHint(key), key).not.toBe('');
    }
  });

  it('have a value, and leave out what is usual', () => {
    for (const field of fields) {
      const value = settingOf(layer, field);
      expect(value, field.key).toBeDefined();
      const set = withSetting(layer, field, value);
      expect(settingOf(set, field)).toEqual(value);
      if (field.fallback !== undefined) {
        expect(withSetting(layer, field, field.fallback)).not.toHaveProperty(field.key);
      }
    }
  });

  it('choose among options that have names', () => {
    for (const field of fields) {
      if (field.kind !== 'choice') continue;
      expect(field.options.length).toBeGreaterThan(1);
      for (const option of field.options) expect(text.option(option)).not.toBe(option);
    }
  });
});

describe('the fields', () => {
  it('know the limits of the schema', () => {
    const field = (type: PartType, key: string) =>
      fieldsOf(newLayer(type)).find((one) => one.key === key);
    expect(field('conv2d', 'filters')).toMatchObject({
      kind: 'number',
      integer: true,
      min: 1,
      max: 4096,
    });
    expect(field('conv2d', 'kernel')).toMatchObject({ kind: 'pair', min: 1, max: 4096 });
    expect(field('conv2d', 'padding')).toMatchObject({ kind: 'padding', pixels: { min: 0 } });
    expect(field('conv2dtranspose', 'padding')).toMatchObject({ kind: 'choice' });
    expect(field('dense', 'units')).toMatchObject({ kind: 'units', max: 1_000_000 });
    expect(field('dropout', 'rate')).toMatchObject({
      kind: 'number',
      integer: false,
      min: 0,
      max: 1 - 1e-6,
    });
    expect(field('zeropadding2d', 'padding')).toMatchObject({ kind: 'sides', min: 0 });
    expect(field('normalization', 'variance')).toMatchObject({ kind: 'numbers', min: 1e-6 });
    expect(field('maxpool2d', 'strides')).toMatchObject({ fallback: [2, 2] });
  });
});

it('describes a layer in a few words', () => {
  const said = (type: PartType) => describeLayer(newLayer(type));
  expect(said('conv2d')).toBe('32 filters · 3×3 · ReLU');
  expect(said('conv2dtranspose')).toBe('32 filters · 2×2 · stride 2×2 · ReLU');
  expect(said('dense')).toBe('64 units · ReLU');
  expect(said('flatten')).toBe('');
  expect(describeLayer({ ...newLayer('batchnorm'), trainable: false })).toBe('does not learn');
});
