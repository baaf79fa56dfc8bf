/** How long a training waits before its first step: from the spec to a session. */
import { expect, it } from 'vitest';
import { presets } from '#shared/presets/index.ts';
import { compileTime } from '../helpers/compile.ts';

/** Milliseconds on two quiet cores. What was measured there is in docs/engine.md. */
const LIMIT = 500;
const large = new Set(['vgg-16', 'inception-v3', 'resnet-50']);
const LARGE_LIMIT = 3000;

/** For machines that are slower, or have other things to do. */
const SLACK = 2;

it.each(presets.map((preset) => ({ preset, id: preset.info.id })))(
  '$id',
  async ({ preset, id }) => {
    const { median, nodes } = await compileTime(preset);
    process.stdout.write(`${id}: ${Math.round(median)} ms for ${nodes} nodes\n`);
    expect(median).toBeLessThan(SLACK * (large.has(id) ? LARGE_LIMIT : LIMIT));
  },
);
