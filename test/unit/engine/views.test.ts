/** Models that look at an image in several ways, alone and as exported files. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { viewsOf } from '#shared/views.ts';
import { createBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { createTrainingBackend } from '#core/engine/backends/index.ts';
import { exportModel } from '#core/engine/export/index.ts';
import { InferenceService } from '#core/engine/inference.ts';
import type { TensorSet } from '#core/engine/protocol.ts';
import { train } from '#core/engine/training/trainer.ts';
import { bars, temporaryFolder, tinyJob } from './helpers.ts';

const training = await createTrainingBackend(chooseBackend('cpu', 1), 1);
const service = new InferenceService(createBackend(chooseBackend('cpu', 1), 1));
const EDGE = 8;

/** The pixel that a view shows at a place, by its definition. */
function moved(set: TensorSet, flip: boolean, right: number, down: number): TensorSet {
  const { source } = set;
  if (source.kind !== 'inline') throw new TypeError('not inline');
  const inside = (at: number) => Math.min(EDGE - 1, Math.max(0, at));
  const data = source.data.map((_, at) => {
    const image = Math.floor(at / (EDGE * EDGE));
    const row = inside((Math.floor(at / EDGE) % EDGE) - down);
    const column = inside((at % EDGE) - right);
    return source.data[(image * EDGE + row) * EDGE + (flip ? EDGE - 1 - column : column)]!;
  });
  return { ...set, source: { kind: 'inline', data } };
}

async function trained(views: { flip: boolean; shift: number } | null): Promise<string> {
  const runDir = await temporaryFolder();
  await train(tinyJob(runDir, { epochs: 1, views, validateEvery: 5 }), training, {
    emit: () => undefined,
    signal: new AbortController().signal,
    stopRequested: () => false,
  });
  return runDir;
}

describe('a model with views', () => {
  it('answers with the mean over mirrored and moved images, and so does its exported file', async () => {
    const set = bars(20, 7);
    const plain = await trained(null);
    const views = { flip: true, shift: 2 };
    const all = viewsOf(views);
    expect(all).toHaveLength(10);
    const each = await Promise.all(
      all.map(({ flip, right, down }) =>
        service.predict(
          { runDir: plain, checkpoint: 'best', set: moved(set, flip, right, down) },
          {},
        ),
      ),
    );
    const runDir = await trained(views);
    const found = await service.predict({ runDir, checkpoint: 'best', set }, {});
    const file = join(runDir, 'model.onnx');
    await exportModel({
      runDir,
      checkpoint: 'best',
      format: 'onnx',
      directory: runDir,
      name: 'model',
      classNames: ['across', 'upright', 'none'],
      metadata: {},
    });
    const exported = await service.runExported({ file, set }, {});
    for (const [at, value] of found.data.entries()) {
      const mean = each.reduce((sum, { data }) => sum + data[at]!, 0) / all.length;
      expect(value).toBeCloseTo(mean, 5);
      expect(exported.data[at]).toBeCloseTo(value, 5);
    }
    expect(found.data).not.toEqual(each[0]!.data);
  });
});
