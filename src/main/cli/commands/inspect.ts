import { Argument, Option } from 'commander';
import { colorMapNames, type ColorMapName } from '#shared/color-maps.ts';
import type { Checkpoint } from '#shared/contract/index.ts';
import { attributionMethod } from '#shared/contract/inspect.ts';
import { kernelScales, type KernelScale } from '#shared/inspect/kernels.ts';
import { findRun } from '../find-run.ts';
import { OutFolder, type InspectTask } from '../inspect/files.ts';
import { writeEmbedding, writeWanted } from '../inspect/streams.ts';
import { writeAttribution, writeFilm, writeFilters, writeMaps } from '../inspect/tasks.ts';
import { numberList, positiveInteger } from '../options.ts';
import { fromWorkingFolder } from '../paths.ts';
import { plural } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  layer?: string;
  image?: number;
  file?: string;
  class?: string;
  checkpoint: Checkpoint;
  colors?: ColorMapName;
  scale: KernelScale;
  channels?: number[];
  steps: number;
  out: string;
}

const tasks = {
  filters: writeFilters,
  maps: writeMaps,
  cam: (task: InspectTask) =>
    writeAttribution(task, attributionMethod.parse({ type: 'cam', layer: task.layer })),
  occlusion: (task: InspectTask) =>
    writeAttribution(task, attributionMethod.parse({ type: 'occlusion' })),
  saliency: (task: InspectTask) =>
    writeAttribution(task, attributionMethod.parse({ type: 'saliency' })),
  smoothgrad: (task: InspectTask) =>
    writeAttribution(task, attributionMethod.parse({ type: 'smoothgrad' })),
  maximise: writeWanted,
  embedding: writeEmbedding,
  film: writeFilm,
} as const;

export const addInspect: AddCommand = (program, open) =>
  program
    .command('inspect')
    .description("look inside a run ('latest' or its id): pictures, and the numbers behind them")
    .addArgument(new Argument('<what>', 'what to write').choices(Object.keys(tasks)))
    .argument('<dir>')
    .argument('<run>')
    .requiredOption('--out <dir>', 'folder to write to; made if it is not there')
    .option('--layer <name>', 'of the model; all that fit unless given')
    .option('--image <id>', "the picture's number in the library", positiveInteger)
    .option('--file <path>', 'an image file instead')
    .option('--class <name>', 'to explain; what the model says unless given')
    .option('--channels <list>', 'filters to maximise; the first 16 unless given', numberList)
    .option('--steps <n>', 'of maximising', positiveInteger, 128)
    .addOption(
      new Option('--scale <how>', 'what the ends of the colours of filters are')
        .choices(kernelScales)
        .default('layer'),
    )
    .addOption(new Option('--colors <name>', 'colour map').choices(colorMapNames))
    .addOption(
      new Option('--checkpoint <which>', 'weights to use')
        .choices(['best', 'last'])
        .default('best'),
    )
    .action(async (what: keyof typeof tasks, dir: string, which: string, options: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const run = await findRun(client, project.id, which);
      const out = new OutFolder(fromWorkingFolder(options.out));
      const { layer, image, file, class: wanted, checkpoint, ...rest } = options;
      await tasks[what]({
        ...{ client, project: project.id, run, checkpoint, layer, image, class: wanted },
        file: file === undefined ? undefined : fromWorkingFolder(file),
        ...{ channels: rest.channels, steps: rest.steps },
        ...{ colors: rest.colors, scale: rest.scale, out },
      });
      const { files } = out;
      session.output.result(
        { run: run.id, files },
        `${plural(files.length, 'file')} of run ${run.id} in ${options.out}`,
      );
    });
