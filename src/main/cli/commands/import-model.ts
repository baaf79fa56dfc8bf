import { Option } from 'commander';
import { nameList } from '../options.ts';
import { fromWorkingFolder } from '../paths.ts';
import { count } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  classes?: string[];
  pixels?: '0-1' | '0-255';
  name?: string;
}

export const addImportModel: AddCommand = (program, open) =>
  program
    .command('import-model <dir> <file>')
    .description(
      'take in a Keras or TensorFlow.js model (.keras, .h5, model.json, or its folder) as a run',
    )
    .option('--classes <names>', 'class names of its outputs, in order, with commas', nameList)
    .addOption(
      new Option(
        '--pixels <range>',
        'what it takes pixels to be; told from its first layer',
      ).choices(['0-1', '0-255']),
    )
    .option('--name <name>', "the run's name; the file's unless given")
    .action(async (dir: string, file: string, { classes, pixels, name }: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const { run: id } = await client.runs.importModel({
        project: project.id,
        file: fromWorkingFolder(file),
        ...(classes ? { classNames: classes } : {}),
        ...(pixels ? { pixels } : {}),
        ...(name === undefined ? {} : { name }),
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
