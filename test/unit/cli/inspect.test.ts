/** `fovea inspect`: pictures and numbers of a run, as files. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCli, runHere, type Cli, type Line } from '../../helpers/cli.ts';
import { idxClassNames, writeIdx } from '../../helpers/idx.ts';

let cli: Cli;
let project: string;

beforeAll(async () => {
  cli = createCli();
  project = join(cli.folder, 'look.fovea');
  const source = join(cli.folder, 'idx');
  writeIdx(source, { train: 80, test: 20 });
  vi.stubEnv('FOVEA_DATA_DIR', join(cli.folder, 'data'));
  await fovea('create', project);
  const names = idxClassNames.slice(0, 4).join(',');
  await fovea('import', project, source, '--classes', names);
  await fovea('train', project, '--preset', 'fashion-small', '--epochs', '2', '--engine', 'cpu');
}, 120_000);
afterAll(() => {
  vi.unstubAllEnvs();
  cli.remove();
});

async function fovea(...argv: string[]): Promise<Line> {
  const { code, stdout, stderr } = await runHere('--json', ...argv);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Line;
}

async function inspect(what: string, ...options: string[]): Promise<Map<string, string>> {
  const out = join(cli.folder, what);
  const found = await fovea('inspect', what, project, 'latest', '--out', out, ...options);
  const { files } = found as { files: string[] };
  return new Map(files.map((file) => [basename(file), file]));
}

/** Shape and numbers of a NumPy file. */
function readNpy(file: string): { shape: number[]; values: Float32Array } {
  const bytes = readFileSync(file);
  expect(bytes.subarray(0, 6).toString('latin1')).toBe('\x93NUMPY');
  const start = 10 + bytes.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = bytes.subarray(10, start).toString('latin1');
  expect(header).toContain("'descr': '<f4', 'fortran_order': False");
  const [, shape = ''] = /'shape': \(([\d, ]+)\)/.exec(header) ?? [];
  const values = new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer);
  return {
    shape: shape
      .split(',')
      .filter((dim) => dim.trim() !== '')
      .map(Number),
    values,
  };
}

const sizeOf = async (file: string) => {
  const { width, height, format } = await sharp(file).metadata();
  return { width, height, format };
};

describe('inspect', () => {
  it('writes filters', async () => {
    const files = await inspect('filters', '--scale', 'symmetric');
    expect([...files.keys()]).toEqual([
      'conv2d-filters.png',
      'conv2d-filters.npy',
      'conv2d-filters.json',
      'conv2d_1-filters.png',
      'conv2d_1-filters.npy',
      'conv2d_1-filters.json',
    ]);
    const { shape, values } = readNpy(files.get('conv2d-filters.npy')!);
    expect(shape).toEqual([32, 1, 3, 3]);
    expect(values.length).toBe(288);
    // Six tiles a row, each pixel sixteen wide, lines between them.
    const [columns, rows] = [6, 6];
    expect(await sizeOf(files.get('conv2d-filters.png')!)).toEqual({
      width: columns * 49 + 1,
      height: rows * 49 + 1,
      format: 'png',
    });
    const { norms } = JSON.parse(readFileSync(files.get('conv2d-filters.json')!, 'utf8')) as {
      norms: number[];
    };
    expect(norms[0]).toBeCloseTo(Math.hypot(...values.subarray(0, 9)), 5);
  });

  it('writes the maps of one layer', async () => {
    const files = await inspect('maps', '--image', '1', '--layer', 'max_pooling2d');
    expect([...files.keys()]).toEqual([
      'max_pooling2d.png',
      'max_pooling2d.npy',
      'max_pooling2d.json',
    ]);
    expect(readNpy(files.get('max_pooling2d.npy')!).shape).toEqual([32, 13, 13]);
  });

  it.each(['cam', 'occlusion', 'saliency', 'smoothgrad'])('writes %s of a class', async (what) => {
    const name = idxClassNames[1]!;
    const files = await inspect(what, '--image', '1', '--class', name);
    const [picture, numbers] = [...files.values()];
    expect(basename(picture!)).toMatch(new RegExp(`^${what}-.*\\.png$`));
    expect(await sizeOf(picture!)).toEqual({ width: 448, height: 448, format: 'png' });
    const { shape } = readNpy(numbers!);
    expect(shape).toEqual(what === 'cam' ? [11, 11] : [28, 28]);
  });

  it('writes the film', async () => {
    const files = await inspect('film');
    expect([...files.keys()]).toEqual([
      'film-0.png',
      'film-1.png',
      'film-2.png',
      'film.npy',
      'film.json',
    ]);
    expect(readNpy(files.get('film.npy')!).shape).toEqual([3, 32, 1, 3, 3]);
  });

  it('writes what filters want to see', async () => {
    const files = await inspect(
      'maximise',
      '--layer',
      'conv2d',
      '--channels',
      '0,3',
      '--steps',
      '5',
    );
    const [picture] = [...files.values()];
    expect((await sizeOf(picture!)).format).toBe('png');
  });

  it('writes the map of images', async () => {
    const files = await inspect('embedding');
    expect(readNpy(files.get('embedding.npy')!).shape).toEqual([20, 2]);
    const rows = readFileSync(files.get('embedding.csv')!, 'utf8').trim().split('\n');
    expect(rows[0]).toBe('image,x,y,label,predicted,confidence,split');
    expect(rows).toHaveLength(21);
  });

  it('says what is missing or wrong', async () => {
    const run = (...options: string[]) =>
      runHere('inspect', ...options, '--out', join(cli.folder, 'none'));
    const without = await run('maps', project, 'latest');
    expect(without.code).toBeGreaterThan(0);
    expect(without.stderr).toContain('--image');
    const layer = await run('filters', project, 'latest', '--layer', 'dense');
    expect(layer.stderr).toContain('conv2d_1');
    const named = await run('cam', project, 'latest', '--image', '1', '--class', 'unicorn');
    expect(named.stderr).toContain('unicorn');
  });
});
