/** A run on a pretrained network as it is, to look inside of. */
import { writeCheckpoint, writeModelFile } from '#core/engine/checkpoint/run-folder.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import type { FloatTensor } from '#core/engine/checkpoint/safetensors.ts';

export async function innerRun(
  runDir: string,
  spec: ModelSpec,
  classes: number,
  backbones: Record<string, string>,
  parameters: Iterable<readonly [string, FloatTensor]> = [],
): Promise<void> {
  const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`);
  await writeModelFile(runDir, {
    spec,
    classNames,
    seed: 1,
    parameters: 0,
    views: null,
    backbones,
  });
  await writeCheckpoint(runDir, 'best', { parameters, slots: [], metadata: {} });
}
