import type { EpochMetrics, FoveaClient, Run } from '#shared/contract/index.ts';
import { AppError, isErrorCode } from '#shared/errors.ts';
import type { Session } from './session.ts';
import { count, duration, percent } from './text.ts';

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
  const epoch = (metrics: EpochMetrics, total: number): void => {
    if (metrics.epoch <= epochs) return;
    epochs = metrics.epoch;
    output.result(epochLine(metrics), epochText(metrics, total));
  };

  try {
    let run = await client.runs.get({ project, run: id });
    for await (const event of await client.runs.watch(
      { project, run: id },
      { signal: watching.signal },
    )) {
      if (event.type === 'run') {
        run = event.run;
        start(run);
        for (const metrics of run.epochs) epoch(metrics, run.options.epochs);
        if (run.finishedAt !== null) break;
      } else if (event.type === 'epoch') {
        epoch(event.metrics, run.options.epochs);
      } else {
        output.progress(
          `Epoch ${event.epoch} of ${run.options.epochs} · step ${event.step} · loss ${event.loss.toFixed(4)} · ` +
            `${count(Math.round(event.imagesPerSecond))} images/s` +
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
  if (run.status !== 'done' && run.status !== 'stopped') {
    const code = run.error?.code;
    throw new AppError(
      isErrorCode(code) ? code : 'ENGINE_FAILED',
      run.error?.message ?? `The training ended as '${run.status}'.`,
      run.error?.hint === undefined ? {} : { hint: run.error.hint },
    );
  }
  output.result(
    {
      event: 'done',
      run: run.id,
      parameters: run.parameters,
      seconds: run.seconds,
      best_epoch: run.bestEpoch,
    },
    `Done: run ${run.id}, best epoch ${run.bestEpoch ?? '-'}, ${duration(run.seconds)}.`,
  );
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
    epochs: run.options.epochs,
    batch: run.options.batch,
    learning_rate: run.options.learningRate,
    seed: run.options.seed,
  };
}

function startText(run: Run): string {
  return (
    `Run ${run.id}: ${run.spec.name}, ${count(run.parameters)} parameters, ` +
    `${count(run.trainImages)} training and ${count(run.validationImages)} validation images, on ${run.engine ?? '-'}.`
  );
}

function epochLine(metrics: EpochMetrics): object {
  return {
    event: 'epoch',
    epoch: metrics.epoch,
    loss: metrics.loss,
    accuracy: metrics.accuracy,
    val_loss: metrics.valLoss,
    val_accuracy: metrics.valAccuracy,
    images_per_second: metrics.imagesPerSecond,
    seconds: metrics.seconds,
  };
}

function epochText(metrics: EpochMetrics, epochs: number): string {
  const held =
    metrics.valAccuracy === null || metrics.valLoss === null
      ? ''
      : ` · validation loss ${metrics.valLoss.toFixed(4)}, accuracy ${percent(metrics.valAccuracy)}`;
  return (
    `Epoch ${metrics.epoch} of ${epochs}: loss ${metrics.loss.toFixed(4)}, accuracy ${percent(metrics.accuracy)}${held}` +
    ` · ${count(Math.round(metrics.imagesPerSecond))} images/s`
  );
}
