/** What a large matrix product reaches here: floating point operations a second, for each line. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import type { TensorData } from '#core/engine/graph/types.ts';
import type { RoundResult } from './contestant.ts';

const SIZE = 1536;
const SECONDS = 0.5;

const threads = Number(process.argv[2] ?? 1);
const dims = [SIZE, SIZE];
const matrix = (): TensorData => ({
  dtype: 'float32',
  dims,
  data: new Float32Array(SIZE * SIZE).fill(0.5),
});
const b = new GraphBuilder('sgemm');
b.output('y', b.op('MatMul', [b.input('x', 'float32', dims), b.input('w', 'float32', dims)]));
const program = await createBackend(chooseBackend('cpu', threads), threads).compileInPlace(
  toOnnx(b.finish()),
);
const binding = program.bind({ x: matrix(), w: matrix() }, { y: matrix() });

async function measure(): Promise<void> {
  const started = performance.now();
  let products = 0;
  let seconds = 0;
  for (; seconds < SECONDS; products++) {
    await binding.run();
    seconds = (performance.now() - started) / 1000;
  }
  const rate = (products * 2 * SIZE ** 3) / seconds;
  const result: RoundResult = { rate, peakMiB: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

await measure();
const lines = createInterface({ input: process.stdin });
lines.on('line', () => void measure());
await once(lines, 'close');
process.exit(0);
