import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBackend, createTrainingBackend } from '#core/engine/backends/index.ts';
import { chooseBackend } from '#core/engine/backends/status.ts';
import { loadRun } from '#core/engine/checkpoint/run-folder.ts';
import { FilmWriter, readFilm, type FilmHead } from '#core/engine/inspect/film/film-file.ts';
import { InspectService } from '#core/engine/inspect/service.ts';
import type { MapsResult } from '#core/engine/inspect/tasks.ts';
import type { TrainEvent, TrainJob } from '#core/engine/protocol.ts';
import { train } from '#core/engine/training/trainer.ts';
import { temporaryFolder, tinyJob } from '../engine/helpers.ts';

const head: FilmHead = {
  format: 1,
  layer: 'conv2d',
  kernel: { name: 'kernel', filters: 2, channels: 1, height: 1, width: 1 },
  seesImage: true,
  image: 5,
  maps: [{ layer: 'conv2d', channels: 3, height: 1, width: 1 }],
};
/** epoch, two weights, three bytes filled up to four. */
const FRAME = 16;
const frame = (epoch: number) => ({
  epoch,
  kernels: Float32Array.of(epoch, -epoch),
  maps: Uint8Array.of(epoch, 1, 2),
});
const openWriter = async (...how: Parameters<typeof FilmWriter.open>) => {
  const writer = await FilmWriter.open(...how);
  onTestFinished(() => writer.close());
  return writer;
};
const epochsOf = async (folder: string) =>
  (await readFilm(folder))?.frames.map(({ epoch }) => epoch);

describe('a film’s file', () => {
  it('gives back what was put in', async () => {
    const folder = await temporaryFolder();
    const writer = await openWriter(folder, head, null);
    await writer.add(frame(0));
    await writer.add(frame(1));
    expect(await readFilm(folder)).toEqual({ head, frames: [frame(0), frame(1)] });
  });

  it('keeps within its budget, evenly, with the newest', async () => {
    const folder = await temporaryFolder();
    const writer = await openWriter(folder, head, null, 10 * FRAME);
    for (let epoch = 0; epoch <= 43; epoch++) {
      await writer.add(frame(epoch));
      expect((await stat(join(folder, 'film.bin'))).size).toBeLessThanOrEqual(10 * FRAME);
      expect((await epochsOf(folder))?.at(-1)).toBe(epoch);
    }
    expect(await epochsOf(folder)).toEqual([0, 8, 16, 24, 32, 40, 43]);
    const { frames } = (await readFilm(folder))!;
    expect(frames[2]).toEqual(frame(16));
  });

  it('goes on after an epoch, without what came after it or was cut off', async () => {
    const folder = await temporaryFolder();
    const writer = await openWriter(folder, head, null);
    for (const epoch of [0, 1, 2, 3]) await writer.add(frame(epoch));
    const file = join(folder, 'film.bin');
    await writeFile(file, Buffer.concat([await readFile(file), Buffer.alloc(7)]));
    const again = await openWriter(folder, head, 2);
    expect(again.has(2)).toBe(true);
    expect(again.has(3)).toBe(false);
    await again.add(frame(3));
    expect(await epochsOf(folder)).toEqual([0, 1, 2, 3]);
  });

  it('begins anew where it is of something else, and is none where it is damaged', async () => {
    const folder = await temporaryFolder();
    const writer = await openWriter(folder, head, null);
    await writer.add(frame(0));
    await openWriter(folder, { ...head, image: 6 }, 3);
    expect(await epochsOf(folder)).toEqual([]);
    await writeFile(join(folder, 'film.json'), '{');
    expect(await readFilm(folder)).toBeNull();
  });
});

const backend = await createTrainingBackend(chooseBackend('cpu', 1), 1);

async function trained(
  runDir: string,
  changes: Partial<TrainJob>,
  control: { pauseRequested?: () => boolean } = {},
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  await train(tinyJob(runDir, changes), backend, {
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    stopRequested: () => false,
    ...control,
  });
  return events;
}

describe('the film of a training', () => {
  it('has the first weights and those after each epoch', async () => {
    const runDir = await temporaryFolder();
    await trained(runDir, { epochs: 3 });
    const { head: found, frames } = (await readFilm(runDir))!;
    expect(found).toMatchObject({ layer: 'conv2d', seesImage: true, image: null });
    expect(frames.map(({ epoch }) => epoch)).toEqual([0, 1, 2, 3]);
    const { parameters } = await loadRun(runDir, 'last');
    expect(frames[3]?.kernels).toEqual(parameters.get('conv2d/kernel')?.data);
    expect(frames[0]?.kernels).not.toEqual(frames[1]?.kernels);
  });

  it('has the maps of the first image to validate on', async () => {
    const runDir = await temporaryFolder();
    await trained(runDir, { epochs: 2 });
    const { frames } = (await readFilm(runDir))!;
    const service = new InspectService(createBackend(chooseBackend('cpu', 1), 1));
    const { tiles } = (await service.perform(
      {
        task: 'maps',
        subject: { runDir, checkpoint: 'last' },
        input: { set: tinyJob(runDir).validation!, layers: ['conv2d'], edge: 64 },
      },
      {},
    )) as MapsResult;
    const filmed = frames[2]!.maps;
    expect(filmed.length).toBe(tiles.length);
    filmed.forEach((byte, at) => expect(Math.abs(byte - tiles[at]!)).toBeLessThanOrEqual(1));
  });

  it('is the same to the bit after a pause', async () => {
    const whole = await temporaryFolder();
    await trained(whole, { epochs: 4 });
    const parts = await temporaryFolder();
    let steps = 0;
    await trained(parts, { epochs: 4 }, { pauseRequested: () => ++steps > 50 });
    expect((await readFilm(parts))?.frames.length).toBeLessThan(5);
    await trained(parts, { epochs: 4, resume: true });
    expect(await readFilm(parts)).toEqual(await readFilm(whole));
  });

  it('is not taken where it is not wanted, nor of a model without convolutions', async () => {
    const runDir = await temporaryFolder();
    await trained(runDir, { epochs: 1, film: false });
    expect(await readFilm(runDir)).toBeNull();
    const { spec } = tinyJob(runDir);
    const dense = await temporaryFolder();
    await trained(dense, { epochs: 1, spec: { ...spec, layers: spec.layers.slice(2) } });
    expect(await readFilm(dense)).toBeNull();
  });

  it('never ends a training', async () => {
    const runDir = await temporaryFolder();
    // A folder where the film's file should be.
    await mkdir(join(runDir, 'film.json', 'x'), { recursive: true });
    const warned = new Promise((resolve) => process.once('warning', resolve));
    const events = await trained(runDir, { epochs: 1 });
    expect(events.at(-1)?.type).toBe('epoch');
    expect(String(await warned)).toContain('film');
  });
});
