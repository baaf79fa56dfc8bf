/**
 * A process that traces trainings on WebGPU: `node trace-process.ts ASKED FILE`. The file ASKED holds
 * `Plan[]`, FILE gets `Trace[]`, both as `v8.serialize` writes them. It is a process of its own
 * because the Vulkan driver is chosen by the environment that a process starts with.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { trace, type Plan, type Trace } from './trace.ts';

const [asked, file] = process.argv.slice(2);
if (!asked || !file) throw new TypeError('node trace-process.ts ASKED FILE');
const backend = await createTrainingBackend({ id: 'webgpu', label: 'WebGPU' }, 1);
const traces: Trace[] = [];
for (const plan of deserialize(await readFile(asked)) as Plan[]) {
  traces.push(await trace(backend.createStepper, plan));
}
await writeFile(file, serialize(traces));
// The driver keeps threads alive.
process.exit();
