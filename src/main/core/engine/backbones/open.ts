/** Opens pretrained networks from their files, in an engine process. */
import { readFile, stat } from 'node:fs/promises';
import { AppError } from '#shared/errors.ts';
import { readOnnx } from '../import/onnx.ts';
import type { ImportedGraph } from '../import/types.ts';
import { Recent } from '../recent.ts';
import { noBackbones, type BackboneFiles, type Backbones } from './backbones.ts';

/** Each holds its weights. */
const KEEP_OPEN = 2;

const opened = new Recent<ImportedGraph>(KEEP_OPEN);

/** @throws AppError SOURCE_UNREADABLE, MODEL_INVALID, naming the file */
export async function openBackbones(files: BackboneFiles = {}): Promise<Backbones> {
  const entries = Object.entries(files);
  if (entries.length === 0) return noBackbones;
  const graphs = await Promise.all(
    entries.map(async ([sha256, file]) => [sha256, await openBackbone(file)] as const),
  );
  return new Map(graphs);
}

/** One file; kept while it is not written again. */
export async function openBackbone(file: string): Promise<ImportedGraph> {
  const found = await stat(file).catch(() => null);
  const key = `${file} ${found?.mtimeMs ?? 0} ${found?.size ?? 0}`;
  return await opened.get(key, async () => readOnnx(await wholeFile(file), file));
}

async function wholeFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new AppError('SOURCE_UNREADABLE', `The pretrained network ${file} cannot be read.`, {
      subject: file,
      hint: 'Put the file back where it was, or add it again.',
      cause: error,
    });
  }
}
