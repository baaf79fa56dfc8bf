/**
 * Every preset at reduced size: loss, gradients, and five steps of every optimizer, on the CPU with one
 * thread and with two, and with every family of lowerings, against TensorFlow.js in plain JavaScript.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { presets } from '#shared/presets/index.ts';
import {
  compareEachStep,
  compareGradients,
  compareOutcome,
  fiveSteps,
  gradientPlan,
  optimizers,
  runReference,
  trace,
  type Comparison,
} from '../helpers/agreement.ts';
import {
  classesOf,
  cpu,
  cpuWith,
  families,
  hasManyKinks,
  isDeep,
  oracle,
} from '../helpers/engines.ts';
import { shrink, smooth } from '../helpers/shrink.ts';

const reference = await oracle();
const engines = { 'one thread': await cpu(1), 'two threads': await cpu(2) };

/** For the table in docs/engine.md: the largest part of what rounding allows, by what was compared. */
const measured: Record<string, number> = {};

function expectAgreement({ worst, at }: Comparison, preset: string, what: string): void {
  measured[`${preset}, ${what}`] = Math.max(worst, measured[`${preset}, ${what}`] ?? 0);
  expect(worst, `${what}, ${at}`).toBeLessThanOrEqual(1);
}

afterAll(() => {
  const file = process.env['FOVEA_AGREEMENT'];
  if (file) writeFileSync(file, JSON.stringify(measured, null, 1));
});

describe.each(presets.map((preset) => ({ preset, id: preset.info.id })))(
  '$id',
  ({ preset, id }) => {
    const classes = classesOf(preset);
    const deep = isDeep(preset);
    const small = shrink(preset.spec, classes);
    const spec = hasManyKinks(preset) ? smooth(small) : small;

    it('has the same gradients with every family of lowerings', async () => {
      const plan = gradientPlan(spec, classes);
      const expected = await runReference(reference, plan);
      for (const [name, lowerings] of Object.entries(families)) {
        const found = await trace(cpuWith(lowerings), plan);
        expectAgreement(compareGradients(found, expected), id, name);
      }
    });

    it.skipIf(deep)('has them with whole blocks of channels', async () => {
      const plan = gradientPlan(
        shrink(preset.spec, classes, { widest: 32, multiple: 16 }),
        classes,
      );
      const expected = await runReference(reference, plan);
      for (const [name, lowerings] of Object.entries(families)) {
        const found = await trace(cpuWith(lowerings), plan);
        expectAgreement(compareGradients(found, expected), id, name);
      }
    });

    it.each(optimizers)('goes the same way for five steps of $name', async (optimizer) => {
      const plan = fiveSteps(spec, classes, optimizer);
      const expected = await runReference(reference, plan, deep);
      for (const [name, create] of Object.entries(engines)) {
        const comparison = deep
          ? compareEachStep(await trace(create, plan, { from: expected.expected }), expected)
          : compareOutcome(await trace(create, plan), expected);
        expectAgreement(comparison, id, `${optimizer.name} on ${name}`);
      }
    });
  },
);
