/** Sizes at which pictures are shown: those of models, since training varies what a model sees. */
import type { PresetInfo } from '#shared/contract/index.ts';
import type { InputSize } from '../../state/augment.svelte.ts';
import { text } from './text.ts';

export interface SizeChoice {
  key: string;
  size: InputSize;
  label: string;
  /** Models that take it. */
  detail: string;
}

export function keyOf({ height, width, channels }: InputSize): string {
  return `${height}x${width}x${channels}`;
}

/** Of the known models, each once, and the one that is shown. */
export function inputSizes(presets: readonly PresetInfo[], shown: InputSize): SizeChoice[] {
  const choices = new Map<string, { size: InputSize; names: string[] }>();
  choices.set(keyOf(shown), { size: shown, names: [] });
  for (const { input, name } of presets) {
    const choice = choices.get(keyOf(input)) ?? { size: input, names: [] };
    choice.names.push(name);
    choices.set(keyOf(input), choice);
  }
  return [...choices].map(([key, { size, names }]) => ({
    key,
    size,
    label: text.sizeOf(size.height, size.width, size.channels),
    detail: names.slice(0, 3).join(', '),
  }));
}

/** Small pictures as they are, photos as a small network for photos takes them. */
export function sizeFor(image: { width: number; height: number; channels: number }): InputSize {
  const channels = image.channels < 3 ? 1 : 3;
  const edge = Math.max(image.width, image.height);
  if (edge <= 28) return { height: 28, width: 28, channels };
  if (edge <= 64) return { height: 32, width: 32, channels };
  return { height: 150, width: 150, channels };
}
