/** A job in words, and where it leads. */
import type { Job } from '#shared/contract/index.ts';
import type { StageId, StageIntent } from '../state/app.svelte.ts';
import { integer, rate, remaining } from '../ui/format.ts';

/** 'Decoding images · 1,200 of 70,000 images · 840 images/s · about 1 min left'. */
export function progressText({ phase, progress }: Job): string {
  const { done, total, unit } = progress;
  const parts = [phase];
  if (total !== null) parts.push(`${integer(done)} of ${integer(total)} ${unit}`);
  else if (done > 0) parts.push(`${integer(done)} ${unit}`);
  if (progress.rate !== null && progress.rate > 0 && unit !== 'epochs')
    parts.push(rate(progress.rate, unit));
  if (progress.etaSeconds !== null) parts.push(remaining(progress.etaSeconds));
  return parts.filter(Boolean).join(' · ');
}

/** The stage that shows what a job made, or is making. */
export function leadOf({ result, kind, run }: Job): { stage: StageId; intent: StageIntent } | null {
  if (result?.type === 'run') return { stage: 'train', intent: { run: result.run } };
  if (result?.type === 'evaluation') return { stage: 'evaluate', intent: { run: result.run } };
  if (result?.type === 'export') return { stage: 'export', intent: run === null ? {} : { run } };
  if (result?.type === 'study') return { stage: 'train', intent: { study: result.study } };
  if (result?.type === 'dataset') return { stage: 'library', intent: {} };
  if (result?.type === 'import') return { stage: 'library', intent: { report: result.report } };
  if (kind === 'training' && run !== null) return { stage: 'train', intent: { run } };
  if (kind === 'study') return { stage: 'train', intent: {} };
  return null;
}
