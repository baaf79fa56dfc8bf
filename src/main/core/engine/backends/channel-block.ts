import { GraphBuilder } from '../graph/builder.ts';
import type { Backend } from './backend.ts';

/** The runtime reorders channels in fours, whatever the size of its blocks. */
const FEWEST_CHANNELS = 4;

/**
 * How many channels ONNX Runtime's direct convolutions take at a time on this processor (see
 * `engine/blocked`): 8 or 16, or 1 where it has none. Found by asking it: it fills up the last block.
 */
export async function channelBlock(backend: Pick<Backend, 'compile'>): Promise<number> {
  const b = new GraphBuilder('channel_block');
  const x = b.input('x', 'float32', ['batch', 'channels', 'height', 'width']);
  b.output('y', b.op('ReorderInput', [x]));
  try {
    const program = await backend.compile(b.finish());
    try {
      const dims = [1, FEWEST_CHANNELS, 1, 1];
      const data = new Float32Array(FEWEST_CHANNELS);
      const { y } = await program.run({ x: { dtype: 'float32', dims, data } });
      const filled = y?.dims[1] ?? 1;
      return filled > FEWEST_CHANNELS ? filled : 1;
    } finally {
      await program.dispose();
    }
  } catch {
    // A runtime without these operators: nothing is lost but speed.
    return 1;
  }
}
