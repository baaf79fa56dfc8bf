import type { PresetInfo } from '../contract/index.ts';
import type { ModelSpec } from '../model-spec.ts';

/** A model that the app knows by name, with the training settings that it was published with. */
export interface Preset {
  info: PresetInfo;
  spec: ModelSpec;
  /** Classes of the data set it was designed on; `info.parameters` counts with these. */
  classes: number;
}
