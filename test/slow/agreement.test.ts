/**
 * Every preset at reduced size: loss, gradients, and five steps of every optimizer, on the CPU with one
 * thread and with two, and with every family of lowerings, against TensorFlow.js in plain JavaScript.
 */
import { describe, expect, it } from 'vitest';
import { presets } from '#shared/presets/index.ts';
import {
  compareEachStep,
  compareGradients,
  compareOutcome,
  fiveSteps,
  gradientPlan,
  optimizers,
  trace,
  type Comparison,
} from '../helpers/agreement.ts';
import { classesOf, cpu, cpuWith, families, isDeep, oracle } from '../helpers/engines.ts';
import { shrink, smooth } from '../helpers/shrink.ts';

const reference = await oracle();
const engines = { 'one thread': await cpu(1), 'two threads': await cpu(2) };

function expectAgreement({ loss, worst, at }: Comparison, what: string, deep: boolean): void {
  expect(loss, what).toBeLessThan(deep ? 1e-4 : 2e-5);
  expect(worst, `${what}, ${at}`).toBeLessThan(deep ? 2e-2 : 1e-3);
}

describe.each(presets.map((preset) => ({ preset, id: preset.info.id })))('$id', ({ preset }) => {
  const classes = classesOf(preset);
  const deep = isDeep(preset);
  const small = shrink(preset.spec, classes);
  const spec = deep ? smooth(small) : small;

  it('has the same gradients with every family of lowerings', async () => {
    const plan = gradientPlan(spec, classes);
    const expected = await trace(reference, plan);
    for (const [name, lowerings] of Object.entries(families)) {
      const found = await trace(cpuWith(lowerings), plan);
      expectAgreement(compareGradients(found, expected), name, deep);
    }
  });

  it.skipIf(deep)('has them with whole blocks of channels', async () => {
    const plan = gradientPlan(shrink(preset.spec, classes, { widest: 32, multiple: 16 }), classes);
    const expected = await trace(reference, plan);
    for (const [name, lowerings] of Object.entries(families)) {
      const found = await trace(cpuWith(lowerings), plan);
      expectAgreement(compareGradients(found, expected), name, deep);
    }
  });

  it.each(optimizers)('goes the same way for five steps of $name', async (optimizer) => {
    const plan = fiveSteps(spec, classes, optimizer);
    const expected = await trace(reference, plan);
    for (const [name, create] of Object.entries(engines)) {
      const comparison = deep
        ? compareEachStep(await trace(create, plan, expected), expected)
        : compareOutcome(await trace(create, plan), expected);
      expectAgreement(comparison, name, deep);
    }
  });
});
