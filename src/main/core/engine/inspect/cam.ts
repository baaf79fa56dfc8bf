/** Grad-CAM (Selvaraju et al. 2017): which places of a layer speak for a class. */
import { gradients } from '../autodiff.ts';
import type { LoadedRun } from '../checkpoint/run-folder.ts';
import { GraphBuilder } from '../graph/builder.ts';
import type { Graph, Value } from '../graph/types.ts';
import { pixelsToUnit } from '../layers/forward.ts';
import { buildLogits } from '../programs/inference.ts';
import { imageTensor } from './answer.ts';
import { addClassScore, classMask } from './class-score.ts';
import { requireLayer } from './layers.ts';
import { floats } from '../floats.ts';
import type { OpenedRun } from './opened-run.ts';

/** One image, class_mask → the layer's maps and the slope of the class's score along each number. */
function buildCam({ model, parameters }: LoadedRun, layerName: string): Graph {
  const b = new GraphBuilder(`cam_${model.name}`);
  const { height, width, channels } = model.input;
  const image = b.input('image', 'uint8', [1, height, width, channels]);
  let maps: Value | undefined;
  const take = (name: string, output: Value): void => {
    if (name === layerName) maps = output;
  };
  const x = pixelsToUnit(b, image);
  const logits = buildLogits(b, model, x, parameters, ({ name }, _, out) => take(name, out), take);
  if (!maps) throw new RangeError(`no layer ${layerName}`);
  const [slopes] = gradients(b, addClassScore(b, model, logits), [maps]);
  b.output('maps', maps);
  b.output('slopes', slopes!);
  return b.finish();
}

/**
 * ReLU(Σ αₖ Aₖ), αₖ the mean slope over map k; at the layer's own size.
 * @throws AppError NOT_FOUND for a layer without maps
 */
export async function gradCam(
  opened: OpenedRun,
  pixels: Uint8Array,
  layerName: string,
  index: number,
): Promise<{ height: number; width: number; values: Float32Array }> {
  const { model } = opened.run;
  const { height, width, channels } = requireLayer(model, layerName);
  const program = await opened.program(`cam ${layerName}`, () => buildCam(opened.run, layerName));
  const results = await program.run({
    image: imageTensor(model, pixels),
    class_mask: classMask(model, index),
  });
  const maps = floats(results['maps']);
  const slopes = floats(results['slopes']);
  const size = height * width;
  const sums = new Float64Array(size);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * size;
    const weight = slopes.subarray(start, start + size).reduce((sum, each) => sum + each, 0) / size;
    for (let place = 0; place < size; place++) sums[place]! += weight * maps[start + place]!;
  }
  return { height, width, values: Float32Array.from(sums, (sum) => Math.max(0, sum)) };
}
