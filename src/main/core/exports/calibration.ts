/** Images that the scales of an integer model are chosen on. */
import type { ExportFormat } from '#shared/contract/index.ts';
import type { TensorSet } from '../engine/protocol.ts';
import type { Project } from '../projects/project.ts';
import type { ExportSource } from './format.ts';
import { labeledImages } from './images.ts';

/** More change the ranges of a few values only. */
const MOST = 256;

/** Images that the model learned from, so that those of the proof stay new to it; for integers only. */
export async function calibrationImages(
  format: ExportFormat,
  project: Project,
  { run }: ExportSource,
  signal: AbortSignal,
): Promise<TensorSet | undefined> {
  if (!format.endsWith('-int8')) return undefined;
  const splits = ['train', 'validation', 'test'] as const;
  return (await labeledImages(project, run, splits, MOST, signal))?.set;
}
