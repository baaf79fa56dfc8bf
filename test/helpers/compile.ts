/** How large the training steps of the presets are, and how long they take to compile. */
import type { Preset } from '#shared/presets/index.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import { buildTrainStep, type TrainStep } from '#core/engine/programs/train-step.ts';
import type { Lowerings } from '#core/engine/ops/lowerings.ts';

export function stepOf({ spec, classes, info }: Preset, lowerings?: Lowerings): TrainStep {
  const { batch } = info.defaults;
  return buildTrainStep({ spec, classes, batch, ...(lowerings ? { lowerings } : {}) });
}

const backend = createBackend(chooseBackend('cpu', 2), 2);

/** Milliseconds from the spec to a session that can run, the median of three. */
export async function compileTime(preset: Preset): Promise<{ median: number; nodes: number }> {
  const lowerings = await backend.lowerings();
  const times: number[] = [];
  let nodes = 0;
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    const { graph } = stepOf(preset, lowerings);
    const program = await backend.compileInPlace(toOnnx(graph));
    times.push(performance.now() - started);
    await program.dispose();
    nodes = graph.nodes.length;
  }
  times.sort((one, other) => one - other);
  return { median: times[1] ?? NaN, nodes };
}
