/** Whether a backend works, tried in a process that may die of it. */
import { AppError } from '#shared/errors.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { toOnnx } from '../graph/serialize.ts';
import type { BackendId } from '../protocol.ts';
import { createSession, toTensors } from './ort-session.ts';
import { chooseBackend } from './status.ts';

/** Computes one product on the device. Throws ENGINE_FAILED with what the driver says. */
export async function probe(id: BackendId, threads: number): Promise<void> {
  if (id === 'tensorflow') {
    const { openTensorflow } = await import('./tensorflow/index.ts');
    await openTensorflow(chooseBackend(id, threads));
    return;
  }
  const b = new GraphBuilder('probe');
  const x = b.input('x', 'float32', [2, 2]);
  b.output('y', b.op('MatMul', [x, x]));
  const options = { ...chooseBackend(id, threads), threads };
  const session = await createSession(options, toOnnx(b.finish()));
  try {
    const data = Float32Array.of(1, 2, 3, 4);
    const { y } = await session.run(toTensors({ x: { dtype: 'float32', dims: [2, 2], data } }));
    const found = y?.data as Float32Array | undefined;
    if (found?.join() !== '7,10,15,22') {
      throw new AppError('ENGINE_FAILED', `${options.label} multiplies wrongly: ${found?.join()}`);
    }
  } finally {
    await session.release();
  }
}
