import type { MeasureEvent } from '#shared/contract/index.ts';
import type { Engine, MeasureProgress } from '../engine/protocol.ts';

/** Times the engines; says which one is next, and in the end what was found. */
export async function* measureEngines(
  engine: Engine,
  signal?: AbortSignal,
): AsyncGenerator<MeasureEvent, void> {
  const steps: MeasureProgress[] = [];
  let wake = Promise.withResolvers<undefined>();
  const done = engine.measure({
    signal,
    onProgress: (step) => {
      steps.push(step);
      wake.resolve(undefined);
    },
  });
  const end = done.then(() => true);
  for (;;) {
    const ended = await Promise.race([end, wake.promise.then(() => false)]);
    wake = Promise.withResolvers();
    for (const step of steps.splice(0)) yield { type: 'progress', ...step };
    if (ended) break;
  }
  const { chosen, label, backends } = await done;
  yield { type: 'done', engine: { chosen, label, backends } };
}
