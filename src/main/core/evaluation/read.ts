/** What was evaluated: the report, and the images behind it. */
import type { EvaluationReport, Prediction } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { argmax } from '#shared/metrics.ts';
import type { Project } from '../projects/project.ts';
import { checkpointSha256 } from '../runs/folder.ts';
import type { StoredEvaluation } from '../store/evaluations.ts';
import type { StoredRun } from '../store/runs.ts';
import { evaluationData } from './data.ts';
import type { EvaluationRequest } from './evaluate.ts';

/** Null when it was not evaluated, or the checkpoint is another one by now. */
export async function readReport(
  project: Project,
  request: EvaluationRequest,
): Promise<EvaluationReport | null> {
  const run = project.store.runs.get(request.run);
  const stored = project.store.evaluations.find(request);
  if (!stored || !(await isCurrent(project, request, stored))) return null;
  return { ...stored.report, staleLabels: staleLabels(project, run, request, stored) };
}

async function isCurrent(
  project: Project,
  { run, checkpoint }: EvaluationRequest,
  stored: StoredEvaluation,
): Promise<boolean> {
  // The answers of a checkpoint that was replaced meanwhile were true when they were made.
  if (stored.checkpointSha256 === '') return true;
  try {
    return (
      stored.checkpointSha256 === (await checkpointSha256(project.paths.run(run), run, checkpoint))
    );
  } catch {
    // Its checkpoint is gone (deleted to save space): the report is what remains.
    return true;
  }
}

/** Images with another label now, and images that came into or went out of the split. */
function staleLabels(
  { store }: Project,
  run: StoredRun,
  { split }: EvaluationRequest,
  stored: StoredEvaluation,
): number {
  const now = evaluationData(store, run, split);
  const classes = new Map([...now.images].map((image, index) => [image, now.classes[index]]));
  let changed = 0;
  stored.images.forEach((image, index) => {
    if (classes.get(image) !== stored.truth[index]) changed++;
    classes.delete(image);
  });
  // What is left is new in the split, but for what could not be read then.
  const unreadable = Math.max(0, stored.report.excluded - now.unknown);
  return changed + Math.max(0, classes.size - unreadable);
}

export interface CellRequest extends EvaluationRequest {
  truth?: number | undefined;
  predicted?: number | undefined;
  correct?: boolean | undefined;
  offset: number;
  limit: number;
}

/**
 * Images of a cell (or row, column, diagonal) of the confusion matrix, the most confident answers
 * first, with the labels that the report was made with.
 * @throws AppError NOT_FOUND when the split was not evaluated
 */
export function readCell(
  project: Project,
  request: CellRequest,
): { total: number; predictions: Prediction[] } {
  const run = project.store.runs.get(request.run);
  const stored = project.store.evaluations.find(request);
  if (!stored) {
    throw new AppError(
      'NOT_FOUND',
      `Run ${run.id} was not evaluated on the ${request.split} split.`,
      {
        hint: 'Evaluate it first.',
      },
    );
  }
  const width = run.classes.length;
  const chosen: { row: number; top: number; confidence: number }[] = [];
  stored.truth.forEach((truth, row) => {
    const top = argmax(stored.probabilities, row * width, width);
    if (request.truth !== undefined && truth !== request.truth) return;
    if (request.predicted !== undefined && top !== request.predicted) return;
    if (request.correct !== undefined && (truth === top) !== request.correct) return;
    chosen.push({ row, top, confidence: stored.probabilities[row * width + top]! });
  });
  chosen.sort((one, other) => other.confidence - one.confidence || one.row - other.row);
  const predictions = chosen
    .slice(request.offset, request.offset + request.limit)
    .map(({ row, top }): Prediction => {
      const image = stored.images[row]!;
      return {
        image,
        file: project.store.images.get(image)?.name ?? `image ${image}`,
        truth: run.classes[stored.truth[row]!]!.name,
        top: run.classes[top]!.name,
        probabilities: [...stored.probabilities.subarray(row * width, (row + 1) * width)],
      };
    });
  return { total: chosen.length, predictions };
}
