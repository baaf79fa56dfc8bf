import { Option } from 'commander';
import type { FoveaClient, ModelChoice } from '#shared/contract/index.ts';
import {
  oneOf,
  presetHelp,
  presetNamed,
  specFromFile,
  type ModelOptions,
} from '../model-choice.ts';
import { nameList } from '../options.ts';
import { fromWorkingFolder } from '../paths.ts';
import { count } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options extends Pick<ModelOptions, 'preset' | 'spec'> {
  classes?: string[];
  pixels?: '0-1' | '0-255';
  name?: string;
}

/** The model that weights without one are for. */
async function weightsFor(
  client: FoveaClient,
  model: Pick<ModelOptions, 'preset' | 'spec'>,
): Promise<{ model?: ModelChoice }> {
  if (model.preset === undefined && model.spec === undefined) return {};
  oneOf(model, ['preset', 'spec']);
  return model.spec === undefined
    ? { model: { kind: 'preset', preset: presetNamed(model.preset ?? '').info.id } }
    : { model: { kind: 'spec', spec: await specFromFile(client, model.spec) } };
}

export const addImportModel: AddCommand = (program, open) =>
  program
    .command('import-model <dir> <file>')
    .description(
      'take in a model of Keras or TensorFlow.js (.keras, .h5, model.json), PyTorch weights (.safetensors, .pt), or the folder of one, as a run',
    )
    .option('--classes <names>', 'class names of its outputs, in order, with commas', nameList)
    .addOption(
      new Option(
        '--pixels <range>',
        'what it takes pixels to be; told from its first layer',
      ).choices(['0-1', '0-255']),
    )
    .option('--preset <id>', `of weights alone, the model they are for: ${presetHelp}`)
    .option('--spec <file>', 'the same as JSON')
    .option('--name <name>', "the run's name; the file's unless given")
    .action(async (dir: string, file: string, { classes, pixels, name, ...model }: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const { run: id } = await client.runs.importModel({
        project: project.id,
        file: fromWorkingFolder(file),
        ...(classes ? { classNames: classes } : {}),
        ...(pixels ? { pixels } : {}),
        ...(name === undefined ? {} : { name }),
        ...(await weightsFor(client, model)),
      });
      const run = await client.runs.get({ project: project.id, run: id });
      session.output.result(
        {
          event: 'done',
          run: run.id,
          model: run.spec.name,
          parameters: run.parameters,
          classes: run.classes,
        },
        `Run ${run.id}: ${run.spec.name}, ${count(run.parameters)} parameters, for ${run.classes.join(', ')}.`,
      );
    });
