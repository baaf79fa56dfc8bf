/**
 * The stages of the rail, in order. A stage's screen is `features/<id>/<Name>Screen.svelte`, loaded when
 * it is first shown; a stage without a screen is not in the rail.
 */
import type { Component } from 'svelte';
import ChartScatter from '@lucide/svelte/icons/chart-scatter';
import Grid3x3 from '@lucide/svelte/icons/grid-3x3';
import Images from '@lucide/svelte/icons/images';
import PackageOpen from '@lucide/svelte/icons/package-open';
import Dumbbell from '@lucide/svelte/icons/dumbbell';
import Microscope from '@lucide/svelte/icons/microscope';
import ScanSearch from '@lucide/svelte/icons/scan-search';
import Tags from '@lucide/svelte/icons/tags';
import WandSparkles from '@lucide/svelte/icons/wand-sparkles';
import { stageIds, type StageId } from '../state/app.svelte.ts';
import { text } from './text.ts';

type ScreenModule = { default: Component };

const screens = import.meta.glob<ScreenModule>([
  '../features/*/*Screen.svelte',
  '!../features/home/*',
]);

export interface Stage {
  id: StageId;
  label: string;
  icon: Component<{ size?: number; strokeWidth?: number }>;
  load: () => Promise<ScreenModule>;
}

const icons: Record<StageId, Stage['icon']> = {
  library: Images,
  label: Tags,
  augment: WandSparkles,
  train: Dumbbell,
  evaluate: ChartScatter,
  inspect: Microscope,
  predict: ScanSearch,
  export: PackageOpen,
  convolve: Grid3x3,
};

export const stages: readonly Stage[] = stageIds.flatMap((id) => {
  const name = id.charAt(0).toUpperCase() + id.slice(1);
  const load = screens[`../features/${id}/${name}Screen.svelte`];
  return load ? [{ id, label: text.stages[id], icon: icons[id], load }] : [];
});
