import type * as z from 'zod';
import type { presetInfo } from '../contract/runs.ts';
import type { ModelSpec } from '../model-spec.ts';

/** A model that the app knows by name, with the training settings that it was published with. */
export interface Preset {
  info: z.input<typeof presetInfo>;
  spec: ModelSpec;
  /** Classes of the data set it was designed on; `info.parameters` counts with these. */
  classes: number;
}
