import type { EpochMetrics, FoveaClient, Run, TrainOptions } from '#shared/contract/index.ts';
import { dataWaitText } from '#shared/data-wait.ts';
import { plusMinus, shareInterval, type Interval } from '#shared/intervals.ts';
import { AppError, isErrorCode } from '#shared/errors.ts';
import type { Session } from './session.ts';
import { accuracyOn, count, duration, percent } from './text.ts';

/**
 * Prints the run's start, each epoch and its end; Ctrl-C cancels it and keeps the checkpoint.
 * @param reached last epoch of a run that goes on: what came before was printed when it was trained
 */
export async function followTraining(
  client: FoveaClient,
  session: Session,
  project: string,
  id: string,
  reached = 0,
): Promise<void> {
  const { output, signal } = session;
  const cancel = (): void => void client.runs.cancel({ project, run: id });
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const watching = new AbortController();
  let started = false;
  let epochs = reached;

  const start = (run: Run): void => {
    if (started || run.engine === null) return;
    started = true;
    output.result(startLine(run), startText(run));
  };
  const epoch = (metrics: EpochMetrics, { options, validationImages }: Run): void => {
    if (metrics.epoch <= epochs) return;
    epochs = metrics.epoch;
    output.result(
      epochLine(metrics, validationImages),
      epochText(metrics, options, validationImages),
    );
  };

  const told = new Set<string>();
  /** What came up since the start: an engine that failed, another one that went on. */
  const notes = ({ warnings }: Run): void => {
    for (const text of warnings) {
      if (told.has(text)) continue;
      told.add(text);
      output.result({ event: 'note', text }, text);
    }
  };

  try {
    let run = await client.runs.get({ project, run: id });
    for (const text of run.warnings) told.add(text);
    for await (const event of await client.runs.watch(
      { project, run: id },
      { signal: watching.signal },
    )) {
      if (event.type === 'run') {
        run = event.run;
        start(run);
        notes(run);
        for (const metrics of run.epochs) epoch(metrics, run);
        if (run.finishedAt !== null) break;
      } else if (event.type === 'epoch') {
        epoch(event.metrics, run);
      } else {
        output.progress(
          `Epoch ${event.epoch} of ${run.options.epochs} · step ${event.step} · loss ${event.loss.toFixed(4)} · ` +
            `${count(Math.round(event.imagesPerSecond))} images/s, ${dataWaitText(event.dataWait)}` +
            (event.etaSeconds === null ? '' : ` · ${duration(event.etaSeconds)} left`),
        );
      }
    }
    end(output, run);
  } finally {
    signal.removeEventListener('abort', cancel);
    watching.abort();
    output.clearProgress();
  }
}

function end(output: Session['output'], run: Run): void {
  if (run.status === 'cancelled') throw new AppError('CANCELLED', 'Cancelled.');
  if (run.status !== 'done' && run.status !== 'stopped' && run.status !== 'paused') {
    const code = run.error?.code;
    throw new AppError(
      isErrorCode(code) ? code : 'ENGINE_FAILED',
      run.error?.message ?? `The training ended as '${run.status}'.`,
      run.error?.hint === undefined ? {} : { hint: run.error.hint },
    );
  }
  const best = bestEpochOf(run);
  output.result(
    {
      event: 'done',
      run: run.id,
      parameters: run.parameters,
      seconds: run.seconds,
      best_epoch: run.bestEpoch,
      best_val_accuracy: best?.valAccuracy ?? null,
      best_val_accuracy_interval: best && validationInterval(best, run.validationImages),
      status: run.status,
      stopped_early: run.ending?.type === 'early-stop' ? run.ending.epoch : null,
      restored_epoch:
        run.ending?.type === 'early-stop' && run.ending.restored ? run.ending.best : null,
    },
    endText(run),
  );
}

export function bestEpochOf(run: Run): EpochMetrics | undefined {
  return run.epochs.find(({ epoch }) => epoch === run.bestEpoch);
}

function endText(run: Run): string {
  if (run.status === 'paused') {
    return `Paused: fovea resume goes on with run ${run.id}. ${duration(run.seconds)} so far.`;
  }
  const { valAccuracy } = bestEpochOf(run) ?? { valAccuracy: null };
  const accuracy =
    valAccuracy === null
      ? ''
      : ` with ${accuracyOn(valAccuracy, run.validationImages, 'validation')}`;
  const best = `best epoch ${run.bestEpoch ?? '-'}${accuracy}, ${duration(run.seconds)}.`;
  if (run.ending?.type !== 'early-stop') return `Done: run ${run.id}, ${best}`;
  const { epoch, restored } = run.ending;
  const weights = restored ? ' Its weights are restored.' : '';
  return `Done: run ${run.id} stopped early at epoch ${epoch}, ${best}${weights}`;
}

function startLine(run: Run): object {
  return {
    event: 'start',
    run: run.id,
    engine: run.engine,
    model: run.spec.name,
    preset: run.options.model.kind === 'preset' ? run.options.model.preset : null,
    parameters: run.parameters,
    train_images: run.trainImages,
    validation_images: run.validationImages,
    unlabeled_images: run.unlabeledImages,
    epochs: run.options.epochs,
    batch: run.options.batch,
    learning_rate: run.options.learningRate,
    schedule: run.options.schedule,
    optimizer: run.spec.optimizer,
    early_stop: run.options.earlyStop,
    seed: run.options.seed,
    start_from: run.options.startFrom,
    notes: run.warnings,
  };
}

function startText(run: Run): string {
  return (
    `Run ${run.id}: ${run.spec.name}, ${count(run.parameters)} parameters, ` +
    `${count(run.trainImages)} training and ${count(run.validationImages)} validation images` +
    (run.unlabeledImages > 0 ? `, ${count(run.unlabeledImages)} without a label` : '') +
    [`, on ${run.engine ?? '-'}.`, ...run.warnings].join('\n')
  );
}

/** Of a validation accuracy; null without one. */
function validationInterval(
  { valAccuracy }: Pick<EpochMetrics, 'valAccuracy'>,
  images: number,
): Interval | null {
  return valAccuracy === null ? null : shareInterval(valAccuracy, images);
}

function epochLine(metrics: EpochMetrics, validationImages: number): object {
  return {
    event: 'epoch',
    epoch: metrics.epoch,
    loss: metrics.loss,
    accuracy: metrics.accuracy,
    val_loss: metrics.valLoss,
    val_accuracy: metrics.valAccuracy,
    val_accuracy_interval: validationInterval(metrics, validationImages),
    learning_rate: metrics.learningRate,
    images_per_second: metrics.imagesPerSecond,
    data_wait: metrics.dataWait ?? null,
    sure: metrics.sure ?? null,
    seconds: metrics.seconds,
  };
}

function epochText(
  metrics: EpochMetrics,
  { epochs, schedule }: Pick<TrainOptions, 'epochs' | 'schedule'>,
  validationImages: number,
): string {
  const rate =
    schedule.type === 'constant' ? '' : ` · rate ${Number(metrics.learningRate.toPrecision(3))}`;
  const held =
    metrics.valAccuracy === null || metrics.valLoss === null
      ? ''
      : ` · validation loss ${metrics.valLoss.toFixed(4)}, accuracy ${percent(metrics.valAccuracy)} ${plusMinus(shareInterval(metrics.valAccuracy, validationImages))}`;
  return (
    `Epoch ${metrics.epoch} of ${epochs}: loss ${metrics.loss.toFixed(4)}, accuracy ${percent(metrics.accuracy)}${held}${rate}` +
    (metrics.sure === undefined ? '' : ` · sure of ${percent(metrics.sure)}`) +
    ` · ${count(Math.round(metrics.imagesPerSecond))} images/s` +
    (metrics.dataWait === undefined ? '' : `, ${dataWaitText(metrics.dataWait)}`)
  );
}
