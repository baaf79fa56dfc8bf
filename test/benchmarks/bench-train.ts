/**
 * Fovea, PyTorch and Keras side by side: training throughput with the data path, peak memory, time
 * to the first step. The programs stay alive and take turns, so that what else the machine does
 * meets all of them; the numbers are medians of the rounds.
 *
 *   npm run bench:train -- [row …] [--rounds N] [--threads N] [--only fovea]
 *
 * FOVEA_PEERS_PYTHON names a Python with both peers; without it Fovea is measured alone:
 *
 *   python3 -m venv peers
 *   peers/bin/pip install numpy tensorflow-cpu torch==2.13.0   # PyTorch's CPU-only build will do
 *   FOVEA_PEERS_PYTHON=peers/bin/python npm run bench:train
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { resolveModel } from '#core/engine/layers/resolve.ts';
import { Random } from '#core/engine/random.ts';
import { Contestant } from './contestant.ts';
import { rows, type Row } from './rows.ts';

const FASHION = '/usr/share/datasets/fashion-mnist';
const here = import.meta.dirname;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const threads = Number(values.threads);
const python = process.env['FOVEA_PEERS_PYTHON'];

function fashion(file: string, header: number, length: number): Uint8Array | null {
  const path = join(FASHION, `${file}.gz`);
  if (!existsSync(path)) return null;
  return gunzipSync(readFileSync(path)).subarray(header, header + length);
}

/** Writes the row, its pixels and labels for every contestant to read. */
function writeData(folder: string, row: Row): void {
  const { height, width, channels } = row.spec.input;
  const bytes = row.images * height * width * channels;
  const random = new Random('benchmark', row.id);
  const real = row.data === 'fashion-mnist';
  const pixels =
    (real ? fashion('train-images-idx3-ubyte', 16, bytes) : null) ??
    Uint8Array.from({ length: bytes }, () => random.uint32() & 255);
  const known = real ? fashion('train-labels-idx1-ubyte', 8, row.images) : null;
  const labels = known
    ? Int32Array.from(known)
    : Int32Array.from({ length: row.images }, () => random.below(row.classes));
  writeFileSync(join(folder, 'row.json'), JSON.stringify({ ...row, threads }));
  writeFileSync(join(folder, 'pixels.bin'), pixels);
  writeFileSync(join(folder, 'labels.bin'), labels);
}

function contestants(row: Row, folder: string): (() => Contestant)[] {
  const peer = (name: string, file: string) => () =>
    new Contestant(name, python ?? '', [join(here, 'peers', file), folder], {
      OMP_NUM_THREADS: String(threads),
    });
  const ours = () =>
    new Contestant('Fovea', process.execPath, [join(here, 'fovea-process.ts'), folder]);
  const gemm = () =>
    new Contestant('sgemm', process.execPath, [join(here, 'sgemm-process.ts'), String(threads)]);
  return [
    ours,
    ...(python && values.only !== 'fovea'
      ? [peer('PyTorch', 'pytorch.py'), peer('Keras', 'keras_tensorflow.py')]
      : []),
    ...(row.peak ? [gemm] : []),
  ];
}

/** Multiplications and additions of one image, forward and backward, in layers with kernels. */
function operations(row: Row): number {
  let total = 0;
  let first = true;
  for (const { spec, place, output } of resolveModel(row.spec, row.classes).layers) {
    const inner =
      spec.type === 'conv2d'
        ? spec.kernel[0] * spec.kernel[1] * (place.input[2] ?? 1)
        : spec.type === 'dense'
          ? (place.input[0] ?? 1)
          : 0;
    if (inner === 0) continue;
    const forward = 2 * inner * output.reduce((product, size) => product * size, 1);
    // Forward, gradient of the kernel, and, but for the first layer, of the input.
    total += forward * (first ? 2 : 3);
    first = false;
  }
  return total;
}

async function measure(row: Row) {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const running: Contestant[] = [];
  try {
    writeData(folder, row);
    for (const start of contestants(row, folder)) {
      const contestant = start();
      running.push(contestant);
      await contestant.ready();
    }
    for (let round = 0; round < rounds; round++) {
      for (const contestant of running) await contestant.round();
    }
  } finally {
    for (const contestant of running) contestant.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  const peers = running.filter(({ name }) => name !== 'sgemm');
  const [ours, ...others] = peers.map(({ name, median, rates, peakMiB, firstStepSeconds }) => ({
    name,
    imagesPerSecond: median,
    slowest: Math.min(...rates),
    fastest: Math.max(...rates),
    peakMiB,
    firstStepSeconds,
  }));
  if (!ours) throw new Error('nothing was measured');
  const bestPeer = Math.max(0, ...others.map(({ imagesPerSecond }) => imagesPerSecond));
  const sgemm = running.find(({ name }) => name === 'sgemm')?.median;
  return {
    row: row.id,
    batch: row.batch,
    results: [ours, ...others],
    timesBestPeer: bestPeer > 0 ? ours.imagesPerSecond / bestPeer : null,
    sgemmGflops: sgemm ? sgemm / 1e9 : null,
    peakFraction: sgemm ? (ours.imagesPerSecond * operations(row)) / sgemm : null,
  };
}

type Measured = Awaited<ReturnType<typeof measure>>;

function print({ row, results, timesBestPeer, sgemmGflops, peakFraction }: Measured): void {
  for (const result of results) {
    const { name, imagesPerSecond, slowest, fastest, peakMiB, firstStepSeconds } = result;
    const spread = `(${Math.round(slowest)}–${Math.round(fastest)})`;
    console.log(
      `${row.padEnd(16)} ${name.padEnd(8)} ${String(Math.round(imagesPerSecond)).padStart(6)} ` +
        `images/s ${spread.padEnd(14)} ${String(Math.round(peakMiB)).padStart(5)} MiB peak  ` +
        `first step after ${firstStepSeconds.toFixed(2)} s`,
    );
  }
  if (timesBestPeer) console.log(`${' '.repeat(17)}${timesBestPeer.toFixed(2)}× the better peer`);
  if (sgemmGflops && peakFraction) {
    console.log(
      `${' '.repeat(17)}${Math.round(100 * peakFraction)} % of ${Math.round(sgemmGflops)} GFLOP/s, ` +
        `what a large matrix product reaches`,
    );
  }
}

const chosen = rows().filter(
  ({ id }) => positionals.length === 0 || positionals.some((name) => id.startsWith(name)),
);
console.log(
  `${cpus()[0]?.model ?? 'CPU'}, ${threads} threads, medians of ${rounds} interleaved rounds, ` +
    `load ${loadavg()[0]?.toFixed(1)}`,
);
if (!python) console.log('FOVEA_PEERS_PYTHON is not set: Fovea alone.');
const measured: Measured[] = [];
for (const row of chosen) {
  const result = await measure(row);
  measured.push(result);
  print(result);
}

const results = join(here, '../../test-results');
mkdirSync(results, { recursive: true });
writeFileSync(
  join(results, 'bench-train.json'),
  `${JSON.stringify({ threads, rounds, cpu: cpus()[0]?.model, load: loadavg(), rows: measured }, null, 2)}\n`,
);
