import type { FoveaClient, Split, Suspect, SuspectSource } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { findRun } from '../find-run.ts';
import { percent, plural, table } from '../text.ts';
import type { AddCommand } from './index.ts';

interface Options {
  study?: string;
  run?: string;
  split: Split;
}

export const addMislabeled: AddCommand = (program, open) =>
  program
    .command('mislabeled <dir>')
    .description('images whose labels are likely wrong, the most doubtful first')
    .option('--study <id>', 'by the answers of these folds; the newest unless given')
    .option('--run <run>', "by an evaluated run's answers ('latest' or its id)")
    .option('--split <split>', 'with --run: the images it was evaluated on', 'test')
    .action(async (dir: string, options: Options) => {
      const { output, ...session } = open();
      const { client, project } = await session.open(dir);
      const source = await sourceOf(client, project.id, options);
      const { images, suspects } = await client.evaluation.suspects({
        project: project.id,
        source,
      });
      if (output.json) for (const suspect of suspects) output.result(suspect, '');
      else output.result({}, describe(images, suspects));
    });

async function sourceOf(
  client: FoveaClient,
  project: string,
  { study, run, split }: Options,
): Promise<SuspectSource> {
  if (run !== undefined) {
    const { id } = await findRun(client, project, run);
    return { kind: 'run', run: id, split, checkpoint: 'best' };
  }
  if (study !== undefined) return { kind: 'study', study };
  const studies = await client.studies.list({ project });
  const found = studies.find(
    ({ request, status }) => request.kind === 'folds' && status === 'done',
  );
  if (found) return { kind: 'study', study: found.id };
  throw new AppError('NOT_FOUND', 'Nothing was validated in folds yet.', {
    hint: 'Run fovea train --folds 5, or give --run for an evaluated run.',
  });
}

function describe(images: number, suspects: readonly Suspect[]): string {
  const heading = `${plural(suspects.length, 'label')} of ${images} likely wrong.`;
  if (suspects.length === 0) return heading;
  const rows = suspects.map(({ image, name, given, suggested, ...rest }) => [
    String(image),
    name,
    rest.now === null ? given : `${given}, now ${rest.now}`,
    percent(rest.givenProbability),
    suggested,
    percent(rest.suggestedProbability),
  ]);
  return `${heading}\n${table(['image', 'file', 'label', 'p', 'looks like', 'p'], rows)}`;
}
