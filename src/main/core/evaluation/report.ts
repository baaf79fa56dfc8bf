/** From probabilities to the figures of a report. */
import type { Checkpoint, Measured, Split } from '#shared/contract/index.ts';
import {
  accuracy,
  balancedAccuracy,
  balancedErrorRate,
  classScores,
  confusedPairs,
  confusionMatrix,
  correctCount,
  logLoss,
  topClasses,
  wilsonInterval,
} from '#shared/metrics.ts';
import type { StoredReport } from '../store/evaluations.ts';

export interface Answers {
  /** Names of the run's classes. */
  classes: readonly string[];
  /** True class index of each image. */
  truth: Int32Array;
  /** Row-major images × classes. */
  probabilities: Float32Array;
}

interface ReportedAnswers extends Answers {
  run: string;
  split: Split;
  checkpoint: Checkpoint;
  excluded: number;
  trainedOn: number;
}

export function makeReport(answers: ReportedAnswers, at = Date.now()): StoredReport {
  return {
    run: answers.run,
    split: answers.split,
    checkpoint: answers.checkpoint,
    at,
    ...measure(answers),
    excluded: answers.excluded,
    trainedOn: answers.trainedOn,
  };
}

export function measure({ classes, truth, probabilities }: Answers): Measured {
  const confusion = confusionMatrix(
    truth,
    topClasses(probabilities, classes.length),
    classes.length,
  );
  return {
    images: truth.length,
    loss: logLoss(probabilities, truth, classes.length),
    accuracy: accuracy(confusion),
    accuracyInterval: wilsonInterval(correctCount(confusion), truth.length),
    balancedAccuracy: balancedAccuracy(confusion),
    balancedErrorRate: balancedErrorRate(confusion),
    classes: classScores(confusion).map((scores, index) => ({ name: classes[index]!, ...scores })),
    confusion,
    confusedPairs: confusedPairs(confusion).map(({ a, b, ...counts }) => ({
      a: classes[a]!,
      b: classes[b]!,
      ...counts,
    })),
  };
}
