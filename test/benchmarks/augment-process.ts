/** Fovea's side of the augmentation benchmark: the augmenter on one thread, a pass for each line on stdin. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { augmentationSpec } from '#shared/augmentation.ts';
import { Augmenter } from '#core/engine/data/augment/augmenter.ts';
import type { RoundResult } from './contestant.ts';

const folder = process.argv[2] ?? '.';
const { height, width, channels, spec } = JSON.parse(
  readFileSync(join(folder, 'task.json'), 'utf8'),
) as { height: number; width: number; channels: number; spec: unknown };
const size = { height, width, channels };
const bytes = height * width * channels;
const pixels = new Uint8Array(readFileSync(join(folder, 'pixels.bin')));
const images = pixels.length / bytes;
const augmenter = new Augmenter(augmentationSpec.parse(spec), size, 1);
const target = new Uint8Array(pixels.length);

function pass(epoch: number): number {
  const started = performance.now();
  for (let image = 0; image < images; image++) {
    const [from, to] = [image * bytes, (image + 1) * bytes];
    augmenter.apply(pixels.subarray(from, to), target.subarray(from, to), { epoch, image });
  }
  return (images / (performance.now() - started)) * 1000;
}

function answer(rate: number): void {
  const result: RoundResult = { rate, peakMiB: process.resourceUsage().maxRSS / 1024 };
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

let epoch = 1;
answer(pass(epoch));
for await (const _line of createInterface({ input: process.stdin })) answer(pass(++epoch));
