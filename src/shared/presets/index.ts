import { course28 } from './course-28.ts';
import { fashionCnn } from './fashion-cnn.ts';
import { fashionSmall } from './fashion-small.ts';
import { lenet } from './lenet.ts';
import type { Preset } from './types.ts';

export type { Preset } from './types.ts';

/** In the order in which they are offered. */
export const presets: readonly Preset[] = [fashionCnn, fashionSmall, lenet, course28];

export function findPreset(id: string): Preset | undefined {
  return presets.find((preset) => preset.info.id === id);
}
