/**
 * The presets at reduced size as a training runs them on the CPU (batches divided among replicas,
 * channels in blocks, a fused update) and by TensorFlow.js. All engines, optimizers and lowerings are
 * compared in test/slow/agreement.test.ts; these are the quick ones.
 */
import { describe, expect, it } from 'vitest';
import { findPreset, presets } from '#shared/presets/index.ts';
import {
  compareGradients,
  compareOutcome,
  fiveSteps,
  gradientPlan,
  optimizers,
  runReference,
  trace,
} from '../helpers/agreement.ts';
import { classesOf, cpu, hasManyKinks, oracle } from '../helpers/engines.ts';
import { shrink, smooth } from '../helpers/shrink.ts';

const reference = await oracle();
const ours = await cpu(2);

/** Those that take more than a second or two are left to the slow tests. */
const slow = ['resnet-34', 'resnet-50', 'inception-v3'];
const quick = presets.filter(({ info }) => !slow.includes(info.id));

it.each(quick.map((preset) => ({ preset, id: preset.info.id })))(
  '$id has the same loss and gradients',
  async ({ preset }) => {
    const classes = classesOf(preset);
    const small = shrink(preset.spec, classes);
    const plan = gradientPlan(hasManyKinks(preset) ? smooth(small) : small, classes);
    const expected = await runReference(reference, plan);
    const { worst, at } = compareGradients(await trace(ours, plan), expected);
    expect(worst, at).toBeLessThanOrEqual(1);
  },
);

describe.each(['fashion-cnn', 'cifar-bn'])('%s after five steps', (id) => {
  const { spec } = findPreset(id)!;
  it.each(optimizers)('of $name', async (optimizer) => {
    const plan = fiveSteps(shrink(spec, 3), 3, optimizer);
    const expected = await runReference(reference, plan);
    const { worst, at } = compareOutcome(await trace(ours, plan), expected);
    expect(worst, at).toBeLessThanOrEqual(1);
  });
});
