/** A model on a pretrained network, as commands take it. */
import { existsSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { transferTraining, usualHead, type HeadChoice } from '#shared/backbone-model.ts';
import type {
  BackboneInfo,
  FoveaClient,
  ModelChoice,
  TrainingDefaults,
} from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { FineTuningSpec } from '#shared/fine-tuning.ts';
import { head, headHelp } from './forms.ts';
import { positiveInteger, positiveNumber } from './options.ts';
import { fromWorkingFolder } from './paths.ts';

export interface TransferOptions {
  backbone?: string;
  cut?: string;
  freeze?: string;
  head?: HeadChoice;
  twoPhase?: true;
  finetuneEpochs?: number;
  finetuneLr?: number;
  rates?: [number, number];
  batchStatistics?: true;
  size?: number;
  featureCopies?: number;
}

export function addTransferOptions(command: Command): Command {
  return command
    .option(
      '--backbone <id|file>',
      "a pretrained network: one that 'backbone list' names, or an ONNX file",
    )
    .option('--cut <node>', 'where its answer is taken; before its classifier unless given')
    .option(
      '--freeze <what>',
      'what of it does not learn: all, none, or all but a NODE and what it feeds',
      'all',
    )
    .option('--head <form>', headHelp, head)
    .option('--two-phase', 'first only the head learns, then the top of the network, slowly')
    .option('--finetune-epochs <n>', 'of the second phase', positiveInteger)
    .option('--finetune-lr <x>', 'of the second phase; 0.0001 unless given', positiveNumber)
    .option('--rates <low,high>', 'factors of the rate, from where it learns up to its end', rates)
    .option(
      '--batch-statistics',
      'batch normalisation that learns goes by each batch, not by the file',
    )
    .option('--size <pixels>', 'height and width of the images that it sees', positiveInteger)
    .option(
      '--feature-copies <n>',
      'with --augment and all frozen: look at N varied copies of each image once, not anew each epoch',
      positiveInteger,
    );
}

function rates(text: string): [number, number] {
  const [low = '', high = '', ...more] = text.split(',');
  if (more.length > 0) throw new InvalidArgumentError('Give two factors, such as 0.1,1.');
  return [positiveNumber(low), positiveNumber(high)];
}

export interface Transfer {
  choice: ModelChoice;
  defaults: TrainingDefaults;
  finetune: FineTuningSpec | null;
}

/** @throws AppError NOT_FOUND, and what is wrong with a file */
export async function transferToTrain(
  client: FoveaClient,
  project: string,
  options: TransferOptions & { epochs?: number; trainLimit?: number },
): Promise<Transfer> {
  const { freeze = 'all', head: behind = usualHead, twoPhase = false } = options;
  const { cut, rates: span, size, trainLimit, batchStatistics } = options;
  const { id } = await backboneNamed(client, options.backbone ?? '');
  const info = await client.backbones.get({ backbone: id });
  const images = await trainingImages(client, project);
  const { spec, settings, finetune } = transferTraining(
    info,
    {
      cut,
      size,
      rates: span,
      batchStatistics,
      freeze: freeze === 'all' ? 'none' : freeze === 'none' ? 'all' : freeze,
      channels: images.grey ? 1 : undefined,
      head: behind,
      twoPhase,
    },
    Math.min(images.labeled, trainLimit ?? Infinity),
  );
  return {
    choice: { kind: 'spec', spec },
    defaults: settings,
    finetune: finetune && tuned(finetune, settings.epochs, options),
  };
}

function tuned(
  finetune: FineTuningSpec,
  usual: number,
  { epochs, finetuneEpochs, finetuneLr }: TransferOptions & { epochs?: number },
): FineTuningSpec {
  const length = finetuneEpochs ?? Math.min(usual - finetune.after, (epochs ?? usual) - 1);
  return {
    ...finetune,
    after: Math.max(1, (epochs ?? usual) - length),
    ...(finetuneLr === undefined ? {} : { learningRate: finetuneLr }),
  };
}

/** One that is known, or a file, which is added. */
export async function backboneNamed(client: FoveaClient, name: string): Promise<BackboneInfo> {
  const all = await client.backbones.list();
  const known = all.find(({ id, sha256 }) => id === name || sha256 === name);
  if (known) return known;
  const file = fromWorkingFolder(name);
  if (existsSync(file)) return await client.backbones.add({ source: file });
  throw new AppError('NOT_FOUND', `'${name}' is neither a known pretrained network nor a file.`, {
    subject: name,
    hint: `Known are: ${all.map(({ id }) => id).join(', ') || 'none'}.`,
  });
}

async function trainingImages(client: FoveaClient, project: string) {
  const { train, total } = await client.library.splits.summary({ project });
  const [recipe] = await client.models.recipes({ project });
  return { labeled: train > 0 ? train : total, grey: recipe?.input.channels === 1 };
}
