/**
 * The gradient of one share of a batch as a graph, for an update that is done outside of it. Every
 * parameter is an input and has its gradient as an output of its own, so that both can lie in one
 * vector and nothing is split, joined or copied:
 *
 *   image, target, keep_…, loss, correct   as in gradients.ts
 *   <layer>/<parameter>              float32, each parameter, trainable or not, and moving average
 *   gradient/<layer>/<parameter>     float32, as long as the parameter, if it learns
 *   factor/…, slope/…                instead, of a kernel whose gradient is given as factors:
 *                                    [batch, inputs] and [batch, units]
 *   next/<layer>/<parameter>         float32, each moving average after the step
 */
import { blockChannels } from '../blocked/index.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph, Value } from '../graph/types.ts';
import type { Lowerings } from '../ops/lowerings.ts';
import { addGradients, type DropoutMask, type GradientOptions } from './gradients.ts';
import { allEntries } from './parameters.ts';

export interface GradientStep {
  graph: Graph;
  masks: DropoutMask[];
}

export interface GradientStepOptions extends GradientOptions {
  lowerings?: Lowerings | undefined;
}

export const gradientName = (fullName: string) => `gradient/${fullName}`;
export const factorName = (fullName: string) => `factor/${fullName}`;
export const slopeName = (fullName: string) => `slope/${fullName}`;
export const nextName = (fullName: string) => `next/${fullName}`;

export function buildGradientStep(options: GradientStepOptions): GradientStep {
  const { model, layout, lowerings } = options;
  const b = new GraphBuilder(`gradient_${model.name}`, lowerings);
  const values = new Map<string, Value>();
  for (const { fullName, shape } of allEntries(layout)) {
    values.set(fullName, b.input(fullName, 'float32', shape));
  }
  const { parts, factors, statistics, masks } = addGradients(b, values, options);
  for (const [index, { fullName }] of layout.trainable.entries.entries()) {
    const part = parts[index];
    const factor = factors[index];
    if (!part) continue;
    if (factor) b.output(factorName(fullName), beforeReshape(b, factor));
    b.output((factor ? slopeName : gradientName)(fullName), beforeReshape(b, part));
  }
  for (const [index, { fullName }] of layout.statistics.entries.entries()) {
    const next = statistics[index];
    if (next) b.output(nextName(fullName), next);
  }
  return { graph: blockChannels(b.finish(), b.lowerings.block), masks };
}

/** The same numbers in the shape that they were made in: as an output, a reshape is a copy. */
function beforeReshape(b: GraphBuilder, value: Value): Value {
  const node = b.nodes.find(({ op, outputs }) => op === 'Reshape' && outputs[0] === value);
  const from = node?.inputs[0];
  return from ? beforeReshape(b, from) : value;
}
