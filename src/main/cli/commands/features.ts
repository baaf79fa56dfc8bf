import { extname } from 'node:path';
import type { Split } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import { followJob } from '../follow-job.ts';
import { numberList } from '../options.ts';
import { fromWorkingFolder } from '../paths.ts';
import { plural } from '../text.ts';
import { backboneNamed } from '../transfer-options.ts';
import type { AddCommand } from './index.ts';

interface Options {
  backbone: string;
  node?: string;
  images?: number[];
  split?: Split;
  pool?: true;
  out: string;
}

export const addFeatures: AddCommand = (program, open) =>
  program
    .command('features <dir>')
    .description('write what a pretrained network makes of the images, as .npy or .csv')
    .requiredOption('--backbone <id|file>', "one that 'backbone list' names, or an ONNX file")
    .option('--node <name>', 'whose answer; what its classifier reads unless given')
    .option('--images <ids>', 'of the library, with commas; all unless given', numberList)
    .option('--split <split>', 'only those of a split')
    .option('--pool', 'maps by their means: one number a channel')
    .requiredOption('--out <file>', 'to write; its ending says what it is')
    .action(async (dir: string, options: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const file = fromWorkingFolder(options.out);
      const format = extname(file).slice(1);
      if (format !== 'npy' && format !== 'csv') {
        throw new AppError('INVALID_INPUT', `${options.out} is neither .npy nor .csv.`, {
          subject: options.out,
        });
      }
      const { id } = await backboneNamed(client, options.backbone);
      const { split } = options;
      const images =
        options.images ??
        (split &&
          (await client.library.images.ids({ project: project.id, filter: { splits: [split] } })));
      const { job } = await client.backbones.features({
        project: project.id,
        backbone: id,
        file,
        format,
        ...(options.node === undefined ? {} : { cut: options.node }),
        ...(images === undefined ? {} : { images }),
        pool: options.pool ?? false,
      });
      const { result } = await followJob(client, session, job);
      if (result?.type !== 'features') throw new AppError('INTERNAL', 'No features were written.');
      const { images: written, shape } = result;
      session.output.result(
        { file, images: written, shape },
        `${plural(written, 'image')}, ${shape.join('×')} numbers each, in ${options.out}`,
      );
    });
