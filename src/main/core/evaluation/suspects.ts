/** Images of the library whose labels a model doubts. */
import type { Suspect, SuspectSource } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { Project } from '../projects/project.ts';
import type { RunClass } from '../store/runs.ts';
import type { StoredAnswers } from '../store/studies.ts';
import { labelIssues } from './confident-learning.ts';

interface Judged extends StoredAnswers {
  classes: readonly RunClass[];
}

/** @throws AppError NOT_FOUND, RUN_NOT_READY */
export function findSuspects(
  project: Project,
  source: SuspectSource,
): { images: number; suspects: Suspect[] } {
  const { store } = project;
  const { classes, images, truth, probabilities } = answersOf(project, source);
  const width = classes.length;
  const issues = labelIssues(truth, probabilities, width);
  const rows = new Map(
    store.images.rows(issues.map(({ row }) => images[row]!)).map((found) => [found.id, found]),
  );
  const names = new Map(store.classes.list().map(({ id, name }) => [id, name]));
  const suspects = issues.flatMap(({ row, suggested }): Suspect[] => {
    const image = rows.get(images[row]!);
    // In the bin by now.
    if (!image) return [];
    const given = classes[truth[row]!]!;
    const now = image.classId === given.id ? null : image.classId;
    return [
      {
        image: image.id,
        name: image.name,
        given: names.get(given.id) ?? given.name,
        suggested: names.get(classes[suggested]!.id) ?? classes[suggested]!.name,
        givenProbability: probabilities[row * width + truth[row]!]!,
        suggestedProbability: probabilities[row * width + suggested]!,
        now: image.classId === given.id ? null : (names.get(now ?? 0) ?? 'no label'),
      },
    ];
  });
  return { images: images.length, suspects };
}

function answersOf({ store }: Project, source: SuspectSource): Judged {
  if (source.kind === 'study') {
    const { classes } = store.studies.get(source.study);
    const answers = store.studies.answers(source.study);
    if (answers.images.length > 0) return { classes, ...answers };
    throw new AppError('NOT_FOUND', `Study ${source.study} has no answers to judge labels by.`, {
      subject: source.study,
      hint: 'Validate in folds: each image is then judged by a model that did not learn from it.',
    });
  }
  const { classes } = store.runs.get(source.run);
  const stored = store.evaluations.find(source);
  if (stored) return { classes, ...stored };
  throw new AppError(
    'NOT_FOUND',
    `Run ${source.run} was not evaluated on the ${source.split} split.`,
    {
      subject: source.run,
      hint: 'Evaluate it first.',
    },
  );
}
