/**
 * Images per second of whole training steps (forward, backward, update) on made-up images.
 *
 *   node test/benchmarks/train-step.ts [preset …] [--batch N] [--threads N] [--seconds N]
 *     [--conv-weight NAME] [--conv-input NAME] [--relu NAME] [--max-pool NAME]
 */
import { parseArgs } from 'node:util';
import { findPreset, presets } from '#shared/presets/index.ts';
import { chooseBackend, defaultThreads } from '#core/engine/backends/status.ts';
import { defaultLowerings, type Lowerings } from '#core/engine/ops/lowerings.ts';
import { Random } from '#core/engine/random.ts';
import { CpuStepper } from '#core/engine/training/cpu/cpu-stepper.ts';

const WARM_UP = 20;
const ROUNDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    batch: { type: 'string' },
    threads: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    'conv-weight': { type: 'string' },
    'conv-input': { type: 'string' },
    relu: { type: 'string' },
    'max-pool': { type: 'string' },
  },
});

function chosenLowerings(): Lowerings {
  const lowerings = { ...defaultLowerings };
  const { relu, 'max-pool': maxPool, 'conv-weight': weight, 'conv-input': input } = values;
  if (relu) lowerings.relu = relu as Lowerings['relu'];
  if (maxPool) lowerings.maxPool = maxPool as Lowerings['maxPool'];
  if (weight) lowerings.convWeight = () => weight as ReturnType<Lowerings['convWeight']>;
  if (input) lowerings.convInput = () => input as ReturnType<Lowerings['convInput']>;
  return lowerings;
}

async function measure(id: string): Promise<void> {
  const preset = findPreset(id);
  if (!preset) throw new Error(`No preset is called ${id}.`);
  const threads = Number(values.threads ?? defaultThreads());
  const batch = Number(values.batch ?? preset.info.defaults.batch);
  const runner = new CpuStepper(
    chooseBackend('cpu', threads),
    threads,
    { spec: preset.spec, classes: preset.classes, lowerings: chosenLowerings() },
    1,
  );
  const { height, width, channels } = preset.spec.input;
  const random = new Random('benchmark');
  const pixels = Uint8Array.from({ length: batch * height * width * channels }, () =>
    random.below(256),
  );
  const labels = Int32Array.from({ length: batch }, () => random.below(preset.classes));
  const started = performance.now();
  await runner.prepare(batch);
  const compileMs = performance.now() - started;
  for (let step = 0; step < WARM_UP; step++) await runner.run(pixels, labels, 1e-3);

  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now();
    const until = from + (Number(values.seconds) * 1000) / ROUNDS;
    let steps = 0;
    for (; performance.now() < until; steps++) await runner.run(pixels, labels, 1e-3);
    rates.push((steps * batch * 1000) / (performance.now() - from));
  }
  await runner.dispose();
  rates.sort((a, b) => a - b);
  const median = rates[Math.floor(ROUNDS / 2)] ?? 0;
  const spread = `${Math.round(rates[0] ?? 0)}–${Math.round(rates.at(-1) ?? 0)}`;
  console.log(
    `${id.padEnd(14)} batch ${batch}, ${threads} threads: ${Math.round(median)} images/s ` +
      `(${spread}), compile ${Math.round(compileMs)} ms, ` +
      `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
  );
}

for (const id of positionals.length > 0 ? positionals : presets.map(({ info }) => info.id)) {
  await measure(id);
}
