/** Whether this machine can do the work, asked of the parts themselves. */
import { mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import type { DoctorCheck } from '#shared/contract/index.ts';
import { toErrorInfo } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import { openStore } from '../store/store.ts';

const GB = 1024 ** 3;
const LOW_DISK_BYTES = GB;

export async function diagnose(context: CoreContext): Promise<DoctorCheck[]> {
  const { dataDir, projectsDir } = context.options;
  return Promise.all([
    check('Processor and memory', () =>
      Promise.resolve(
        `${availableParallelism()} cores, ${gigabytes(freemem())} of ${gigabytes(totalmem())} free`,
      ),
    ),
    check('Database', () => tryDatabase(dataDir)),
    check('Image decoder', () => tryDecoder(context)),
    check('Training engine', () => tryEngine(context)),
    check('Data folder', () => tryFolder(dataDir)),
    check('Projects folder', () => tryFolder(projectsDir)),
  ]);
}

async function check(name: string, work: () => Promise<string>): Promise<DoctorCheck> {
  try {
    return { name, ok: true, detail: await work() };
  } catch (error) {
    return { name, ok: false, detail: toErrorInfo(error).message };
  }
}

/** Makes a project's database, writes to it, and takes it away again. */
async function tryDatabase(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const folder = await mkdtemp(join(dataDir, 'doctor-'));
  try {
    const store = openStore(join(folder, 'project.db'), { create: true });
    store.transaction(() => store.meta.set('doctor', 'works'));
    await store.close();
    return 'SQLite works';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A grey square there and back, through a decoder process. */
async function tryDecoder({ decoders }: CoreContext): Promise<string> {
  const size = { height: 4, width: 4, channels: 1 };
  const data = new Uint8Array(16).fill(77);
  const png = await decoders.encode({ data, ...size });
  const pixels = await decoders.pixels(png, size);
  if (!pixels.every((value) => value === 77)) throw new Error('A picture came back changed.');
  return `${decoders.size} processes`;
}

async function tryEngine({ engine }: CoreContext): Promise<string> {
  const { label, versions } = await engine.info();
  return `${label}, ONNX Runtime ${versions.onnxruntime}, Node ${versions.node}`;
}

async function tryFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const probe = await mkdtemp(join(folder, '.doctor-'));
  await rm(probe, { recursive: true, force: true });
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free < LOW_DISK_BYTES) throw new Error(`Only ${gigabytes(free)} free in ${folder}`);
  return `${folder}, ${gigabytes(free)} free`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}
