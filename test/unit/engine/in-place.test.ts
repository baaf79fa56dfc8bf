/** Runs in the caller's memory: results are there, copies of them are not. */
import { memoryUsage } from 'node:process';
import { describe, expect, it } from 'vitest';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { GraphBuilder } from '#core/engine/graph/builder.ts';
import { toOnnx } from '#core/engine/graph/serialize.ts';
import type { TensorData } from '#core/engine/graph/types.ts';

const LENGTH = 1 << 20;
const backend = createBackend(chooseBackend('cpu', 1), 1);

function model(): Uint8Array {
  const b = new GraphBuilder('twice');
  const x = b.input('x', 'float32', [LENGTH]);
  b.output('twice', b.op('Add', [x, x]));
  b.output('square', b.op('Mul', [x, x]));
  return toOnnx(b.finish());
}

function vector(value: number, length = LENGTH): TensorData & { data: Float32Array } {
  return { dtype: 'float32', dims: [length], data: new Float32Array(length).fill(value) };
}

describe('a graph that works in the caller’s memory', () => {
  it('writes every output where it is told, at each run, and copies none', async () => {
    const program = await backend.compileInPlace(model());
    const [x, twice, square] = [vector(3), vector(0), vector(0)];
    const binding = program.bind({ x }, { twice, square });
    await binding.run();
    expect([twice.data.at(-1), square.data.at(-1)]).toEqual([6, 9]);
    x.data.fill(5);
    const before = memoryUsage().arrayBuffers;
    await binding.run();
    expect(memoryUsage().arrayBuffers - before).toBeLessThan(x.data.byteLength);
    expect([twice.data.at(-1), square.data.at(-1)]).toEqual([10, 25]);
    await program.dispose();
  });

  it('fails where the run itself fails', async () => {
    const program = await backend.compileInPlace(model());
    const binding = program.bind(
      { x: vector(1, LENGTH / 2) },
      { twice: vector(0), square: vector(0) },
    );
    await expect(binding.run()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await program.dispose();
  });
});
