/** What the training benchmark measures: the specs of the reference experiments. */
import type { ModelSpec } from '#shared/model-spec.ts';
import { findPreset } from '#shared/presets/index.ts';

export interface Row {
  id: string;
  spec: ModelSpec;
  classes: number;
  batch: number;
  /** Images of one round: a few seconds of work. */
  images: number;
  data: 'fashion-mnist' | 'synthetic';
  /** Print the share of the machine's matrix product speed that is reached. */
  peak?: true;
}

function presetSpec(id: string): ModelSpec {
  const preset = findPreset(id);
  if (!preset) throw new Error(`There is no preset ${id}.`);
  return preset.spec;
}

export function rows(): Row[] {
  const fashion = { spec: presetSpec('fashion-cnn'), classes: 10, data: 'fashion-mnist' } as const;
  const row = (id: string, spec = presetSpec(id), classes = 10) =>
    ({ spec, classes, data: 'synthetic' }) as const;
  const resnet: ModelSpec = {
    ...presetSpec('resnet-18'),
    input: { height: 64, width: 64, channels: 3 },
  };
  return [
    { id: 'fashion-cnn-32', ...fashion, batch: 32, images: 6400 },
    { id: 'fashion-cnn-128', ...fashion, batch: 128, images: 7680 },
    { id: 'cifar-bn-100', ...row('cifar-bn'), batch: 100, images: 3000 },
    { id: 'cifar-deep-128', ...row('cifar-deep'), batch: 128, images: 1536, peak: true },
    {
      id: 'cats-dogs-20',
      ...row('cats-dogs', presetSpec('cats-dogs'), 2),
      batch: 20,
      images: 240,
      peak: true,
    },
    { id: 'resnet-18-16', ...row('resnet-18', resnet), batch: 16, images: 128 },
  ];
}
