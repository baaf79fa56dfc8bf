import type { ModelSummary } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import {
  oneOf,
  presetHelp,
  presetNamed,
  specFromFile,
  type ModelOptions,
} from '../model-choice.ts';
import { summaryText } from '../model-summary.ts';
import { positiveInteger } from '../options.ts';
import type { AddCommand } from './index.ts';

interface Options extends ModelOptions {
  classes?: number;
}

export const addSummary: AddCommand = (program, open) =>
  program
    .command('summary')
    .description("list a model's layers with output shapes and parameters")
    .option('--preset <id>', presetHelp)
    .option('--spec <file>', "a model's layers as JSON")
    .option('--classes <n>', "the preset's own unless given, 10 for a file", positiveInteger)
    .action(async (options: Options) => {
      oneOf(options, ['preset', 'spec']);
      const session = open();
      const client = await session.client();
      const preset = options.preset === undefined ? null : presetNamed(options.preset);
      const spec = preset?.spec ?? (await specFromFile(client, options.spec ?? ''));
      const classes = options.classes ?? preset?.classes ?? 10;
      const { summary, problem } = await client.models.check({ spec, classes });
      if (problem || !summary) {
        throw new AppError('MODEL_INVALID', problem?.message ?? 'This is no model.', {
          ...(problem?.hint ? { hint: problem.hint } : {}),
        });
      }
      session.output.result(asJson(summary), summaryText(summary));
    });

function asJson(summary: ModelSummary): object {
  return {
    model: summary.name,
    layers: summary.layers.map(({ name, type, output, parameters, trainable, macs, depth }) => ({
      name,
      type,
      output,
      parameters,
      trainable,
      macs,
      depth,
    })),
    parameters: summary.parameters,
    trainable: summary.trainable,
    non_trainable: summary.parameters - summary.trainable,
    moving_averages: summary.movingAverages,
    counting: summary.counting,
    macs: summary.macs,
  };
}
