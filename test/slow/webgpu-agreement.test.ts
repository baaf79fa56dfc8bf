/**
 * Every preset at reduced size on WebGPU, by a Vulkan driver in software: loss and gradients against
 * TensorFlow.js in plain JavaScript, held to what rounding allows; and five steps of every optimizer for
 * those that are not deep. Optimizers see one flat vector, whatever made it.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { presets } from '#shared/presets/index.ts';
import {
  compareGradients,
  compareOutcome,
  fiveSteps,
  gradientPlan,
  optimizers,
  runReference,
  type Plan,
  type Reference,
  type Trace,
} from '../helpers/agreement.ts';
import { classesOf, hasManyKinks, isDeep, oracle } from '../helpers/engines.ts';
import { shrink, smooth } from '../helpers/shrink.ts';
import { hasSoftwareVulkan, softwareVulkan } from '../helpers/software-vulkan.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../helpers/trace-process.ts');
const reference = await oracle();
const measured: Record<string, number> = {};

afterAll(async () => {
  const file = process.env['FOVEA_AGREEMENT'];
  if (file) await writeFile(file, JSON.stringify(measured, null, 1));
});

async function traceOnWebGpu(plans: Plan[]): Promise<Trace[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-webgpu-'));
  try {
    const [asked, file] = [join(folder, 'asked'), join(folder, 'traces')];
    await writeFile(asked, serialize(plans));
    await run(process.execPath, [program, asked, file], {
      env: { ...process.env, ...softwareVulkan },
    });
    return deserialize(await readFile(file)) as Trace[];
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe.skipIf(!hasSoftwareVulkan)('WebGPU', () => {
  it.each(presets.map((preset) => ({ preset, id: preset.info.id })))(
    'agrees on $id',
    async ({ preset, id }) => {
      const classes = classesOf(preset);
      const small = shrink(preset.spec, classes);
      const spec = hasManyKinks(preset) ? smooth(small) : small;
      const cases = [
        {
          what: 'gradients',
          plan: gradientPlan(spec, classes),
          compare: compareGradients,
        },
        ...(isDeep(preset) ? [] : optimizers).map((optimizer) => ({
          what: optimizer.name,
          plan: fiveSteps(spec, classes, optimizer),
          compare: compareOutcome,
        })),
      ];
      const references: Reference[] = [];
      for (const { plan } of cases) references.push(await runReference(reference, plan));
      const traces = await traceOnWebGpu(cases.map(({ plan }) => plan));
      for (const [index, { what, compare }] of cases.entries()) {
        const { worst, at } = compare(traces[index]!, references[index]!);
        measured[`${id}, ${what}`] = worst;
        expect.soft(worst, `${what}, ${at}`).toBeLessThanOrEqual(1);
      }
    },
  );
});
