/** Pretrained networks on WebGPU, by a Vulkan driver in software: they train to the numbers of the CPU. */
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BackboneSpec } from '#shared/layer-spec.ts';
import type { ModelSpec } from '#shared/model-spec.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import type { Engine, TrainEvent } from '#core/engine/protocol.ts';
import { createEngine } from '#core/engine/supervisor.ts';
import { hasSoftwareVulkan, softwareVulkan } from '../helpers/software-vulkan.ts';
import { tinyBackbone } from '../helpers/tiny-backbone.ts';
import { bars, temporaryFolder, tinyJob } from '../unit/engine/helpers.ts';

describe.skipIf(!hasSoftwareVulkan)('WebGPU on a software driver', { timeout: 300_000 }, () => {
  let engine: Engine;
  beforeAll(() => {
    for (const [name, value] of Object.entries(softwareVulkan)) vi.stubEnv(name, value);
    engine = createEngine({
      nodePath: process.execPath,
      log: pino({ level: 'silent' }),
      threads: 1,
    });
  });
  afterAll(async () => {
    await engine.close();
    vi.unstubAllEnvs();
  });

  it.each<[string, Partial<BackboneSpec>]>([
    ['frozen', {}],
    ['learning at rates that rise', { trainableFrom: 'all', rates: [0.1, 1] }],
    ['by the statistics of each batch', { trainableFrom: 'all', batchStatistics: true }],
  ])('trains on a network %s', async (_, layer) => {
    const folder = await temporaryFolder();
    const { sha256, file } = tinyBackbone(folder);
    const spec: ModelSpec = {
      name: 'on tiny',
      input: { height: 8, width: 8, channels: 1 },
      layers: [
        {
          ...{ type: 'backbone', model: sha256, cut: 'maps', ...layer },
          preprocessing: { channels: 'rgb', mean: [0.4, 0.4, 0.4], std: [0.2, 0.2, 0.2] },
        },
        { type: 'globalaveragepool2d' },
        { type: 'dense', units: 'classes', activation: 'softmax' },
      ],
      loss: 'crossentropy',
      optimizer: { type: 'sgd', momentum: 0.9 },
    };
    const backends = ['cpu', 'webgpu'] as const;
    const runs = [];
    for (const backend of backends) {
      const set = bars(24, 1);
      const job = tinyJob(join(folder, backend), {
        ...{ spec, backend, epochs: 1, batch: 8, train: set, validation: set },
        backbones: { [sha256]: file },
      });
      const events: TrainEvent[] = [];
      await engine.train(job, (event) => events.push(event)).result;
      expect(events.find(({ type }) => type === 'start')).toMatchObject({ backend });
      expect(events.some(({ type }) => type === 'fallback')).toBe(false);
      runs.push((await loadRun(job.runDir, 'last')).parameters);
    }
    for (const [name, { data }] of runs[0]!) {
      const found = runs[1]!.get(name)!.data;
      data.forEach((value, at) => expect(found[at], name).toBeCloseTo(value, 4));
    }
  });
});
