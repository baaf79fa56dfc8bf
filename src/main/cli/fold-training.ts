/** `train --folds`: each image judged by a model that did not learn from it. */
import type { FoveaClient, StudyResult, TrainOptions } from '#shared/contract/index.ts';
import { balancedAccuracyInterval, plusMinus } from '#shared/intervals.ts';
import { followJob } from './follow-job.ts';
import type { Session } from './session.ts';
import { accuracyOn, percent, plural } from './text.ts';

export async function trainInFolds(
  client: FoveaClient,
  session: Session,
  project: string,
  options: TrainOptions,
  folds: number,
): Promise<void> {
  const { output } = session;
  const { study, job } = await client.studies.start({
    project,
    request: { kind: 'folds', options, folds },
  });
  await followJob(client, session, job);
  const result = await client.studies.get({ project, study });
  for (const text of result.warnings) output.result({ event: 'note', text }, text);
  for (const { fold, size, result: measured } of result.parts) {
    if (!measured) continue;
    output.result(
      { event: 'fold', fold, train_images: size, ...measured },
      `Fold ${fold}: ${accuracyOn(measured.accuracy, measured.images, 'held-out')}`,
    );
  }
  const { suspects } = await client.evaluation.suspects({
    project,
    source: { kind: 'study', study },
  });
  end(output, result, suspects.length);
}

function end(output: Session['output'], study: StudyResult, suspects: number): void {
  if (!study.folds) return;
  const { mean, deviation, pooled } = study.folds;
  const balanced = balancedAccuracyInterval(pooled.confusion);
  output.result(
    {
      event: 'done',
      study: study.id,
      folds: study.parts.length,
      mean,
      deviation,
      images: pooled.images,
      accuracy: pooled.accuracy,
      accuracy_interval: pooled.accuracyInterval,
      balanced_accuracy: pooled.balancedAccuracy,
      balanced_accuracy_interval: balanced,
      classes: pooled.classes,
      confusion: pooled.confusion,
      likely_mislabeled: suspects,
      seconds: study.seconds,
    },
    `Study ${study.id}: ${accuracyOn(pooled.accuracy, pooled.images, 'held-out')}; ` +
      `folds ${percent(mean)} ± ${percent(deviation)}; ` +
      `balanced ${percent(pooled.balancedAccuracy)} ${plusMinus(balanced)}.` +
      (suspects === 0
        ? ''
        : `\n${plural(suspects, 'label is', 'labels are')} likely wrong: fovea mislabeled lists them.`),
  );
}
