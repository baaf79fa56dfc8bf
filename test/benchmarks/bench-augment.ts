/**
 * Augmentation on one core beside other programs, and what it costs in training.
 *
 *   npm run bench:augment -- [photos] [training] [--rounds N]
 *
 * 1. Photos of 150×150×3, mirrored, turned by up to 40° and zoomed by up to a fifth: images a second
 *    of one thread, here and in Keras' layers, torchvision's transforms and Albumentations, in turns.
 * 2. fashion-small at batch 40: whole training steps with and without `fashion-small-aug`, in turns.
 *
 * FOVEA_PEERS_PYTHON names a Python with tensorflow-cpu, torch, torchvision and albumentations; those
 * that it lacks are left out.
 */
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { augmentationSpec } from '#shared/augmentation.ts';
import { findAugmentation } from '#shared/augmentations/presets.ts';
import { fashionSmall } from '#shared/presets/fashion-small.ts';
import { Random } from '#core/engine/random.ts';
import { Contestant } from './contestant.ts';

const here = import.meta.dirname;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' } },
});
const rounds = Number(values.rounds);
const python = process.env['FOVEA_PEERS_PYTHON'];

const [DEGREES, ZOOM] = [40, 0.2];
const photos = { height: 150, width: 150, channels: 3, images: 200 };

const peers = {
  keras: { name: 'Keras layers', imports: 'keras, tensorflow' },
  torchvision: { name: 'torchvision, tensors', imports: 'torchvision' },
  'torchvision-pil': { name: 'torchvision, Pillow', imports: 'torchvision, PIL' },
  albumentations: { name: 'Albumentations (OpenCV)', imports: 'albumentations, cv2' },
};

/** Uniform noise is the hardest to predict for caches, and fair to all. */
function pixelsOf({ height, width, channels, images }: typeof photos): Uint8Array {
  const random = new Random('benchmark', 'augment');
  return Uint8Array.from({ length: images * height * width * channels }, () => random.uint32());
}

async function inTurns(contestants: Contestant[]): Promise<void> {
  try {
    for (const contestant of contestants) await contestant.ready();
    for (let round = 0; round < rounds; round++) {
      for (const contestant of contestants) await contestant.round();
    }
  } finally {
    for (const contestant of contestants) contestant.close();
  }
}

function print({ name, median, rates }: Contestant, ours: number): void {
  const spread = `(${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))})`;
  const ratio = median === ours ? '' : `Fovea ×${(ours / median).toFixed(2)}`;
  console.log(
    `  ${name.padEnd(26)}${String(Math.round(median)).padStart(7)} images/s ${spread.padEnd(16)}${ratio}`,
  );
}

async function photosPerCore(folder: string): Promise<void> {
  const spec = augmentationSpec.parse({
    name: 'benchmark',
    operations: [
      { type: 'flip-horizontal', probability: 0.5 },
      { type: 'rotate', range: [-DEGREES, DEGREES] },
      { type: 'zoom', range: [1 - ZOOM, 1 + ZOOM] },
    ],
  });
  writeFileSync(
    join(folder, 'task.json'),
    JSON.stringify({ ...photos, spec, degrees: DEGREES, zoom: ZOOM }),
  );
  writeFileSync(join(folder, 'pixels.bin'), pixelsOf(photos));
  const ours = new Contestant('Fovea', process.execPath, [
    join(here, 'augment-process.ts'),
    folder,
  ]);
  const others = Object.entries(peers).flatMap(([which, { name, imports }]) => {
    const has = python && spawnSync(python, ['-c', `import ${imports}`]).status === 0;
    if (!has) return [];
    return new Contestant(name, python, [join(here, 'peers/augmentation.py'), folder, which]);
  });
  await inTurns([ours, ...others]);
  console.log(`photos 150×150×3, one thread, ${rounds} rounds of ${photos.images} images`);
  for (const contestant of [ours, ...others]) print(contestant, ours.median);
}

async function trainingSteps(folder: string): Promise<void> {
  const { spec, classes } = fashionSmall;
  const images = 2000;
  writeFileSync(join(folder, 'pixels.bin'), pixelsOf({ ...spec.input, images }));
  const labels = Int32Array.from({ length: images }, (_, image) => image % classes);
  writeFileSync(join(folder, 'labels.bin'), labels);
  const runs = ['plain', 'augmented'].map((which) => {
    const own = join(folder, which);
    const augment = which === 'plain' ? null : findAugmentation('fashion-small-aug')?.spec;
    const row = { id: which, spec, classes, images, batch: 40, threads: 2, augment };
    return { which, own, row };
  });
  for (const { own, row } of runs) {
    mkdirSync(own);
    writeFileSync(join(own, 'row.json'), JSON.stringify(row));
    for (const file of ['pixels.bin', 'labels.bin']) linkSync(join(folder, file), join(own, file));
  }
  const contestants = runs.map(
    ({ which, own }) =>
      new Contestant(which, process.execPath, [join(here, 'fovea-process.ts'), own]),
  );
  await inTurns(contestants);
  const [plain, augmented] = contestants as [Contestant, Contestant];
  console.log(`fashion-small, batch 40, 2 threads, ${rounds} epochs of ${images} images in turns`);
  for (const { name, median, rates } of contestants) {
    const spread = `(${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))})`;
    console.log(`  ${name.padEnd(26)}${String(Math.round(median)).padStart(7)} images/s ${spread}`);
  }
  const shares = plain.rates.map((rate, round) => (augmented.rates[round] ?? 0) / rate).sort();
  console.log(
    `  augmented / plain: ${(augmented.median / plain.median).toFixed(3)} of the medians, ` +
      `${(shares[Math.floor(shares.length / 2)] ?? 0).toFixed(3)} median of the rounds`,
  );
}

const parts = { photos: photosPerCore, training: trainingSteps };
for (const [name, part] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  try {
    await part(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
