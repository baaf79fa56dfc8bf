import { resolve } from 'node:path';
import { Option } from 'commander';
import { exportFormat } from '#shared/contract/exports.ts';
import type { Checkpoint, ExportFormat, ExportProof } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { findRun } from '../find-run.ts';
import { followJob } from '../follow-job.ts';
import { count, percent, plural } from '../text.ts';
import { fromWorkingFolder } from '../paths.ts';
import type { AddCommand } from './index.ts';

interface Options {
  format: ExportFormat;
  out: string;
  checkpoint: Checkpoint;
}

export const addExport: AddCommand = (program, open) =>
  program
    .command('export <dir> <run>')
    .description("write a run ('latest' or its id) as a model for other programs")
    .addOption(
      new Option('--format <format>', 'file format')
        .choices(exportFormat.options)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder to write to; made if it is not there')
    .addOption(
      new Option('--checkpoint <which>', 'weights to use')
        .choices(['best', 'last'])
        .default('best'),
    )
    .action(async (dir: string, which: string, { format, out, checkpoint }: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const { id: run } = await findRun(client, project.id, which);
      const { job } = await client.exports.start({
        project: project.id,
        run,
        checkpoint,
        format,
        directory: fromWorkingFolder(out),
      });
      const { result } = await followJob(client, session, job);
      if (result?.type !== 'export') throw new AppError('INTERNAL', 'The export left no record.');
      const record = await client.exports.get({ project: project.id, export: result.export });
      const files = record.files.map(({ path }) => resolve(record.directory, path));
      const { proof } = record;
      session.output.result(
        { files, ...proofLine(proof) },
        [...files, proofText(proof)].join('\n'),
      );
      if (proof && !proof.passed) {
        throw new AppError('ENGINE_FAILED', "The exported files differ from the app's model.", {
          hint: 'Do not use it; report this as a bug.',
        });
      }
    });

function proofLine(proof: ExportProof | null): object {
  if (proof?.kind === 'contents') {
    return { tensors: proof.tensors, max_difference: proof.maxDifference };
  }
  return {
    agreement: proof?.agreement ?? null,
    max_difference: proof?.maxDifference ?? null,
    images: proof?.images ?? 0,
    accuracy: proof?.accuracy ?? null,
  };
}

function proofText(proof: ExportProof | null): string {
  if (!proof) return 'Not compared with the app: the project has no held-out images.';
  const difference = `largest difference ${proof.maxDifference.toExponential(1)}.`;
  if (proof.kind === 'contents') {
    return `Read again after writing: ${plural(proof.tensors, 'tensor')}, ${difference} The app does not run this format.`;
  }
  const { accuracy } = proof;
  const cost =
    accuracy && accuracy.app !== accuracy.file
      ? `\nRight on ${percent(accuracy.file)} of them, the app on ${percent(accuracy.app)}.`
      : '';
  return `Agrees with the app on ${percent(proof.agreement)} of ${count(proof.images)} held-out images, ${difference}${cost}`;
}
