/**
 * Runs whose results stay where they were written. The runtime's binding for Node copies every
 * output into a new array after a run, those too that the caller has handed in to be written: with
 * gradients of all parameters, a pass over new memory that takes as long as the update, and garbage
 * as large as the model at every step. It hands outputs over in the graph's order, and gives up at
 * one that it has no type for. So the first output of a graph that trains is such a one, a sequence:
 * everything is computed and written by then, and nothing is copied.
 */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelProto, dataTypes } from '../graph/onnx-proto.ts';

const STOP = 'no_copies';

/** What the binding (1.30) says of the sequence, when the run itself is done. */
const STOPPED = 'Non tensor type is temporarily not supported.';

/** Merged into a model, as messages in the same place are when bytes follow bytes. */
const stop = ModelProto.encode({
  graph: {
    node: [{ op_type: 'SequenceEmpty', output: [STOP] }],
    output: [
      {
        name: STOP,
        type: { sequence_type: { elem_type: { tensor_type: { elem_type: dataTypes.float32 } } } },
      },
    ],
  },
}).finish();

/** The model with the sequence before its other outputs. */
export function withoutCopies(model: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(stop.length + model.length);
  bytes.set(stop);
  bytes.set(model, stop.length);
  return bytes;
}

/** Of a session of such a model: writes all of `outputs`, which are all that it has, in place. */
export async function runInPlace(
  session: InferenceSession,
  inputs: Record<string, Tensor>,
  outputs: Record<string, Tensor>,
): Promise<void> {
  try {
    await session.run(inputs, { [STOP]: null, ...outputs });
  } catch (error) {
    if (!(error instanceof Error && error.message === STOPPED)) throw error;
  }
}
