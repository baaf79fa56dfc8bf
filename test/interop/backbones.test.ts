/** Imported networks learn as they do in PyTorch: loss, all gradients, weights after three steps. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { disagreement } from '../helpers/backbone-agreement.ts';
import { runPython } from './python.ts';

const folder = mkdtempSync(join(tmpdir(), 'fovea-backbones-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** With its parameters. */
const networks = {
  'resnet-18': 11_175_370,
  'efficientnet-lite0': 3_383_818,
  'mobilenet-v2': 2_236_682,
  'mobilenet-v3': 1_528_106,
  'inception-v3': 21_806_058,
  vit: 114_698,
  'densenet-121': 6_964_106,
};

/** At full size: minutes, and some gigabytes of memory and disk. */
const large = { 'vgg-16': 134_301_514, 'vit-b-16': 85_806_346 };
/**
 * In VGG-16 the inputs of some ReLUs and the winners of some pools are ties within rounding: PyTorch's own
 * float32 is 9.7e-3 from its float64, at the parameter where we are furthest from it. Three steps make more of it.
 */
const ties = { name: 'vgg-16', gradient: 2e-2 };
const all = { ...networks, ...(process.env['FOVEA_INTEROP_LARGE'] === undefined ? {} : large) };

it('resnet-18 learns with the statistics of each batch as in PyTorch', async () => {
  const script = join(import.meta.dirname, 'pytorch/backbones.py');
  await runPython(script, folder, 'resnet-18', 'train');
  const { loss, gradient, at, steps, statistics, parameters } = await disagreement(
    join(folder, 'resnet-18'),
    true,
  );
  const figures = [loss, gradient, steps, statistics].map((far) => far.toExponential(1));
  process.stdout.write(`resnet-18 in training mode: ${figures.join(', ')} (${at})\n`);
  expect(parameters).toBe(networks['resnet-18']);
  expect(loss).toBeLessThan(1e-5);
  expect(gradient, at).toBeLessThan(1e-3);
  expect(steps).toBeLessThan(1e-3);
  expect(statistics).toBeLessThan(1e-3);
});

it.each(Object.entries(all))('%s learns as in PyTorch', async (name, count) => {
  const script = join(import.meta.dirname, 'pytorch/backbones.py');
  const said = (await runPython(script, folder, name)).trim().split('\n').at(-1) ?? '';
  const { torch, parameters } = JSON.parse(said) as { torch: string; parameters: number };
  const found = await disagreement(join(folder, name));
  const figures = [found.loss, found.gradient, found.steps].map((far) => far.toExponential(1));
  process.stdout.write(`${name}, PyTorch ${torch}: ${figures.join(', ')} (${found.at})\n`);
  expect([parameters, found.parameters]).toEqual([count, count]);
  expect(found.loss).toBeLessThan(1e-5);
  expect(found.gradient, found.at).toBeLessThan(name === ties.name ? ties.gradient : 1e-3);
  if (name !== ties.name) expect(found.steps).toBeLessThan(1e-3);
});
