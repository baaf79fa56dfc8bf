import { writeFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { toFileError } from '#core/util/files.ts';
import type { StudyResult } from '#shared/contract/index.ts';
import { estimateSentence, studyCsv } from '#shared/study-text.ts';
import { followJob } from '../follow-job.ts';
import { positiveInteger } from '../options.ts';
import { fromWorkingFolder } from '../paths.ts';
import type { Output } from '../output.ts';
import { percent, table } from '../text.ts';
import {
  addStepOptions,
  trainOptions,
  type CourseOptions,
  type StepOptions,
} from '../train-options.ts';
import type { AddCommand } from './index.ts';

interface Options extends StepOptions, CourseOptions {
  sizes: number[];
  seeds: number;
  baseline: boolean;
  resume?: string;
  out?: string;
}

export const addStudy: AddCommand = (program, open) =>
  addStepOptions(
    program
      .command('study <dir>')
      .description('how good a model becomes with how many labels, and what more would bring')
      .option('--sizes <n,…>', 'numbers of labels', numbers, [300, 600, 1800, 3000, 5900])
      .option('--seeds <n>', 'trainings a size, with seeds from --seed on', positiveInteger, 3)
      .option('--no-baseline', 'without the plain dense net beside it')
      .option(
        '--epochs <n>',
        "passes over the data; the preset's own unless given",
        positiveInteger,
      )
      .option('--resume <study>', 'go on with a study that was cancelled or interrupted')
      .option('--out <file>', 'also write the trainings as CSV'),
  ).action(async (dir: string, options: Options) => {
    const session = open();
    const { client, project } = await session.open(dir);
    const started =
      options.resume === undefined
        ? await client.studies.start({
            project: project.id,
            request: {
              kind: 'curve',
              options: await trainOptions(client, project.id, options),
              sizes: options.sizes,
              seeds: options.seeds,
              baseline: options.baseline,
            },
          })
        : await client.studies.resume({ project: project.id, study: options.resume });
    await followJob(client, session, started.job);
    const study = await client.studies.get({ project: project.id, study: started.study });
    show(session.output, study);
    if (options.out === undefined) return;
    const file = fromWorkingFolder(options.out);
    await writeFile(file, studyCsv(study)).catch((error: unknown) => {
      throw toFileError(error, file);
    });
  });

function numbers(text: string): number[] {
  const sizes = text.split(',').map(Number);
  if (sizes.every((size) => Number.isInteger(size) && size >= 2)) return sizes;
  throw new InvalidArgumentError('Give numbers of labels such as 300,600,1800.');
}

function show(output: Output, study: StudyResult): void {
  for (const text of study.warnings) output.result({ event: 'note', text }, text);
  if (output.json) {
    for (const { arm, points } of study.curves) {
      for (const point of points) output.result({ event: 'point', arm, ...point }, '');
    }
  } else {
    output.result({}, pointsTable(study));
  }
  output.result(
    {
      event: 'done',
      study: study.id,
      measured_on: study.measuredOn,
      measured_images: study.measuredImages,
      estimates: study.curves.map(({ arm, estimate }) => ({ arm, ...estimate })),
      seconds: study.seconds,
    },
    [estimateSentence(study), `Study ${study.id}.`].filter(Boolean).join(' '),
  );
}

function pointsTable({ curves, measuredImages }: StudyResult): string {
  const rows = curves.flatMap(({ arm, points }) =>
    points.map(({ size, mean, interval, deviation, seeds }) => [
      arm === 'dense' ? 'dense net' : 'model',
      size,
      percent(mean),
      `${percent(interval[0])} to ${percent(interval[1])}`,
      percent(deviation),
      seeds,
    ]),
  );
  const on = `accuracy on ${measuredImages}`;
  return table(['trained', 'labels', on, '95 % interval', 'deviation', 'seeds'], rows);
}
