/** How fast a backend trains a model: a few steps on made-up images. */
import { openBackbones } from '../backbones/open.ts';
import type { BackendId, Work } from '../protocol.ts';
import { Random } from '../random.ts';
import { createTrainingBackend } from './index.ts';
import { chooseBackend } from './status.ts';

/** Shaders are compiled and buffers found in the first ones. */
const WARM_UP = 2;
const FEWEST_STEPS = 3;
const BUDGET_MS = 1500;

/** @returns images per second, of the median step */
export async function measure(
  id: BackendId,
  { spec, classes, batch, backbones: files }: Work,
  threads: number,
): Promise<number> {
  const backend = await createTrainingBackend(chooseBackend(id, threads), threads);
  const classWeights = spec.classWeights ? new Array<number>(classes).fill(1) : undefined;
  const backbones = await openBackbones(files);
  const stepper = backend.createStepper({ spec, classes, classWeights, backbones }, 1);
  try {
    const { height, width, channels } = spec.input;
    const random = new Random('measure');
    const pixels = Uint8Array.from({ length: batch * height * width * channels }, () =>
      random.below(256),
    );
    const labels = Int32Array.from({ length: batch }, () => random.below(classes));
    const step = () => stepper.run(pixels, labels, 1e-6);
    await stepper.prepare(batch);
    for (let warm = 0; warm < WARM_UP; warm++) await step();
    const times: number[] = [];
    for (let spent = 0; times.length < FEWEST_STEPS || spent < BUDGET_MS;) {
      const started = performance.now();
      await step();
      const time = performance.now() - started;
      times.push(time);
      spent += time;
    }
    times.sort((one, other) => one - other);
    return (batch * 1000) / (times[Math.floor(times.length / 2)] ?? NaN);
  } finally {
    await stepper.dispose();
  }
}
