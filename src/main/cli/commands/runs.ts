import type { Run } from '#shared/contract/index.ts';
import { plusMinus, shareInterval } from '#shared/intervals.ts';
import { bestEpochOf } from '../follow-training.ts';
import { duration, percent, table } from '../text.ts';
import type { AddCommand } from './index.ts';

export const addRuns: AddCommand = (program, open) =>
  program
    .command('runs <dir>')
    .description('list the trainings of a project, the newest first')
    .action(async (dir: string) => {
      const { output, ...session } = open();
      const { client, project } = await session.open(dir);
      const runs = await client.runs.list({ project: project.id });
      if (output.json) for (const run of runs) output.result(line(run), '');
      else output.result({}, describe(runs));
    });

function line(run: Run): object {
  const accuracy = bestEpochOf(run)?.valAccuracy ?? null;
  return {
    run: run.id,
    name: run.name,
    status: run.status,
    created_at: new Date(run.createdAt).toISOString(),
    train_images: run.trainImages,
    validation_images: run.validationImages,
    epochs: run.epochs.length,
    best_epoch: run.bestEpoch,
    val_accuracy: accuracy,
    val_accuracy_interval: accuracy === null ? null : shareInterval(accuracy, run.validationImages),
    stale_labels: run.staleLabels,
    seconds: run.seconds,
  };
}

function describe(runs: readonly Run[]): string {
  if (runs.length === 0) return 'No trainings yet: fovea train makes one.';
  return table(
    ['run', 'model', 'state', 'labels', 'epochs', 'validation accuracy', 'time'],
    runs.map((run) => {
      const accuracy = bestEpochOf(run)?.valAccuracy ?? null;
      return [
        run.id,
        run.name,
        run.staleLabels > 0 ? `${run.status}, older labels` : run.status,
        run.trainImages,
        run.epochs.length,
        accuracy === null
          ? '-'
          : `${percent(accuracy)} ${plusMinus(shareInterval(accuracy, run.validationImages))}`,
        duration(run.seconds),
      ];
    }),
  );
}
