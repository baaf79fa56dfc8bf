/** A run's folder with given weights, as a training would have left it. */
import type { ModelSpec } from '#shared/model-spec.ts';
import { writeCheckpoint, writeModelFile } from '#core/engine/checkpoint/run-folder.ts';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import {
  layoutParameters,
  unpack,
  type ParameterLayout,
} from '#core/engine/programs/parameters.ts';

/** @param weights of the trainable parameters and of the moving averages, in the layout's order */
export async function saveModel(
  runDir: string,
  spec: ModelSpec,
  classes: number,
  weights: (layout: ParameterLayout) => { trainable: Float32Array; statistics: Float32Array },
): Promise<void> {
  const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`);
  const layout = layoutParameters(resolveModel(spec, classes));
  const { trainable, statistics } = weights(layout);
  await writeModelFile(runDir, {
    spec,
    classNames,
    seed: 1,
    parameters: trainable.length,
    views: null,
  });
  const parameters = [
    ...unpack(layout.trainable, trainable),
    ...unpack(layout.statistics, statistics),
  ];
  for (const which of ['last', 'best'] as const) {
    await writeCheckpoint(runDir, which, { parameters, slots: [], metadata: {} });
  }
}
