import { InvalidArgumentError } from 'commander';
import type { FoveaClient, ModelSummary } from '#shared/contract/index.ts';
import { suggestAugmentation } from '#shared/augmentations/suggest.ts';
import { AppError } from '#shared/errors.ts';
import { augmentationHelp, readAugmentation } from '../augmentation.ts';
import { positiveInteger, seed } from '../options.ts';
import { fromWorkingFolder } from '../paths.ts';
import { plural } from '../text.ts';
import type { AddCommand } from './index.ts';

type Size = ModelSummary['input'];

interface Options {
  image: number;
  count: number;
  seed: number;
  out: string;
  augment?: string;
  size?: Size;
}

export const addAugment: AddCommand = (program, open) =>
  program
    .command('augment <dir>')
    .description('write an image as training sees it, epoch by epoch')
    .requiredOption('--image <id>', "the image's number in the library", positiveInteger)
    .requiredOption('--out <dir>', 'folder to write PNG files to; made if it is not there')
    .option('--augment <what>', `${augmentationHelp}; by the kind of data unless given`)
    .option('--count <n>', 'epochs', positiveInteger, 16)
    .option('--seed <n>', "the training's", seed, 1)
    .option(
      '--size <h>x<w>x<c>',
      "the model's input, such as 28x28x1; by the image unless given",
      size,
    )
    .action(async (dir: string, options: Options) => {
      const session = open();
      const { client, project } = await session.open(dir);
      const input = options.size ?? (await ownSize(client, project.id, options.image));
      const spec = await wanted(client, project.id, options.augment, input);
      const { files } = await client.augmentation.write({
        project: project.id,
        image: options.image,
        spec,
        seed: options.seed,
        size: input,
        count: options.count,
        directory: fromWorkingFolder(options.out),
      });
      session.output.result(
        { files, augmentation: spec.name },
        `${plural(files.length, 'picture')} in ${options.out}: the image, and “${spec.name}” in epochs 1 to ${options.count}`,
      );
    });

/** Larger pictures are shown as a small photo network would see them. */
const LARGEST_EDGE = 224;

async function ownSize(client: FoveaClient, project: string, image: number): Promise<Size> {
  const { width, height, channels } = await client.library.images.get({ project, image });
  const scale = Math.min(1, LARGEST_EDGE / Math.max(width, height));
  return {
    height: Math.max(1, Math.round(height * scale)),
    width: Math.max(1, Math.round(width * scale)),
    channels: channels < 3 ? 1 : 3,
  };
}

async function wanted(
  client: FoveaClient,
  project: string,
  augment: string | undefined,
  input: Size,
) {
  if (augment === undefined) {
    const classes = await client.labels.classes.list({ project });
    return suggestAugmentation({ ...input, classNames: classes.map(({ name }) => name) }).spec;
  }
  const spec = await readAugmentation(augment);
  if (spec) return spec;
  throw new AppError('INVALID_INPUT', 'Without an augmentation there is nothing to write.');
}

function size(text: string): Size {
  const [, height, width, channels] = /^(\d{1,4})x(\d{1,4})x([13])$/.exec(text) ?? [];
  if (!channels || Number(height) < 1 || Number(width) < 1) {
    throw new InvalidArgumentError('Give height, width and 1 or 3 channels: 150x150x3.');
  }
  return { height: Number(height), width: Number(width), channels: Number(channels) };
}
