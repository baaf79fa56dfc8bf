import { InvalidArgumentError, Option } from 'commander';
import type {
  EpochMetrics,
  FoveaClient,
  Run,
  TrainOptions,
  ValidateOn,
} from '#shared/contract/index.ts';
import { AppError, isErrorCode } from '#shared/errors.ts';
import { positiveInteger, positiveNumber, seed } from '../options.ts';
import type { Session } from '../session.ts';
import { count, duration, percent } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  preset: string;
  epochs?: number;
  batch?: number;
  lr?: number;
  seed: number;
  trainLimit?: number;
  validateOn?: ValidateOn;
  engine: 'auto' | 'cpu';
}

export const addTrain: AddCommand = (program, open) =>
  program
    .command('train <dir>')
    .description('train a preset on the labeled training images')
    .requiredOption('--preset <id>', 'fashion-cnn, lenet, cifar-deep, cats-dogs, resnet-18 …')
    .option('--epochs <n>', "passes over the data; the preset's own unless given", positiveInteger)
    .option('--batch <n>', 'images a step', positiveInteger)
    .option('--lr <x>', 'learning rate', positiveNumber)
    .option('--seed <n>', 'of weights and order', seed, 1)
    .option('--train-limit <n>', 'the first N training images in import order', positiveInteger)
    .option('--validate-on <what>', 'test, validation, or a share such as 0.2', validateOn)
    .addOption(
      new Option('--engine <engine>', 'what computes').choices(['auto', 'cpu']).default('auto'),
    )
    .action(async (dir: string, options: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const started = await client.runs.start({
        project: project.id,
        options: await trainOptions(client, project.id, options),
      });
      await follow(client, session, project.id, started.run);
    });

function validateOn(text: string): ValidateOn {
  if (text === 'test' || text === 'validation') return { kind: 'split', split: text };
  const fraction = Number(text);
  if (fraction > 0 && fraction < 1) return { kind: 'fraction', fraction };
  throw new InvalidArgumentError("Give 'test', 'validation', or a share between 0 and 1.");
}

/** The preset's own settings where the command gives none. */
async function trainOptions(
  client: FoveaClient,
  project: string,
  options: Options,
): Promise<TrainOptions> {
  const presets = await client.runs.presets();
  const preset = presets.find(({ id }) => id === options.preset);
  if (!preset) {
    throw new AppError('NOT_FOUND', `There is no preset '${options.preset}'.`, {
      hint: `Choose one of: ${presets.map(({ id }) => id).join(', ')}.`,
    });
  }
  return {
    preset: preset.id,
    epochs: options.epochs ?? preset.defaults.epochs,
    batch: options.batch ?? preset.defaults.batch,
    learningRate: options.lr ?? preset.defaults.learningRate,
    seed: options.seed,
    trainLimit: options.trainLimit ?? null,
    validateOn: options.validateOn ?? (await heldOutSplit(client, project)),
    engine: options.engine,
  };
}

/** Validation images if there are any, else test images, else a fifth of the training images. */
async function heldOutSplit(client: FoveaClient, project: string): Promise<ValidateOn> {
  const { classes } = await client.library.splits.summary({ project });
  for (const split of ['validation', 'test'] as const) {
    if (classes.some((each) => each[split] > 0)) return { kind: 'split', split };
  }
  return { kind: 'fraction', fraction: 0.2 };
}

/** Prints the run's start, each epoch and its end; Ctrl-C cancels it and keeps the checkpoint. */
async function follow(
  client: FoveaClient,
  session: Session,
  project: string,
  id: string,
): Promise<void> {
  const { output, signal } = session;
  const cancel = (): void => void client.runs.cancel({ project, run: id });
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const watching = new AbortController();
  let started = false;
  let epochs = 0;

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
    preset: run.options.preset,
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
    `Run ${run.id}: ${run.options.preset}, ${count(run.parameters)} parameters, ` +
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
