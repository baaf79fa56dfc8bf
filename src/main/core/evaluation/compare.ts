/** What changed from one run to another, on the same images with the same labels. */
import type { Checkpoint, Comparison } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { pairedInterval } from '#shared/intervals.ts';
import { argmax } from '#shared/metrics.ts';
import type { Project } from '../projects/project.ts';
import type { StoredEvaluation } from '../store/evaluations.ts';
import type { EvaluationRequest } from './evaluate.ts';

interface CompareRequest extends EvaluationRequest {
  before: { run: string; checkpoint: Checkpoint };
}

interface Tally {
  images: number;
  before: number;
  after: number;
  /** Right now and wrong before. */
  gained: number;
  lost: number;
}

/** @throws AppError NOT_FOUND when one of them was not evaluated on the split */
export function compareRuns(project: Project, request: CompareRequest): Comparison {
  const { store } = project;
  const find = (wanted: EvaluationRequest): StoredEvaluation => {
    const stored = store.evaluations.find(wanted);
    if (stored) return stored;
    throw new AppError(
      'NOT_FOUND',
      `Run ${wanted.run} was not evaluated on the ${wanted.split} split.`,
      { subject: wanted.run, hint: 'Evaluate it first.' },
    );
  };
  const run = store.runs.get(request.run);
  const names = run.classes.map(({ name }) => name);
  const after = find(request);
  const before = find({ ...request.before, split: request.split });
  const told = answers(before, store.runs.get(request.before.run).classes);
  const said = answers(after, run.classes);
  const overall = empty();
  const classes = names.map(empty);
  after.images.forEach((image, row) => {
    const truth = after.truth[row]!;
    const earlier = told.get(image);
    if (earlier === undefined) return;
    // Both are held against today's label: a label that was mended is no gain of the model.
    const label = run.classes[truth]!.id;
    const was = earlier === label;
    const is = said.get(image) === label;
    for (const tally of [overall, classes[truth]!]) {
      tally.images += 1;
      tally.before += was ? 1 : 0;
      tally.after += is ? 1 : 0;
      tally.gained += is && !was ? 1 : 0;
      tally.lost += was && !is ? 1 : 0;
    }
  });
  return {
    images: overall.images,
    overall: difference('', overall),
    classes: classes.map((tally, index) => difference(names[index]!, tally)),
  };
}

const empty = (): Tally => ({ images: 0, before: 0, after: 0, gained: 0, lost: 0 });

function difference(name: string, tally: Tally): Comparison['overall'] {
  const { images, before, after, gained, lost } = tally;
  const all = Math.max(1, images);
  return {
    name,
    images,
    before: before / all,
    after: after / all,
    difference: (after - before) / all,
    interval: pairedInterval(gained, lost, images),
  };
}

/** Image → id of the class that it was taken for. */
function answers(
  { images, probabilities }: StoredEvaluation,
  classes: readonly { id: number }[],
): Map<number, number> {
  const width = classes.length;
  return new Map(
    [...images].map((image, row) => [
      image,
      classes[argmax(probabilities, row * width, width)]!.id,
    ]),
  );
}
