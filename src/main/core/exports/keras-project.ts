/** A training as a Keras program, to go on with on bigger machines: model, data, settings, train.py. */
import { copyFile, mkdir, open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#shared/errors.ts';
import type { CallOptions } from '../engine/protocol.ts';
import type { RunData } from '../store/runs.ts';
import { jsonFile, type ExportSource, type Format, type WriteContext } from './format.ts';
import { projectSettings } from './keras-project-settings.ts';

const TRAIN = 'train.py';
const SETTINGS = 'settings.json';

const commands = `pip install "keras>=3.10" tensorflow
python ${TRAIN}
fovea import-model PROJECT.fovea result.keras
`;

export const kerasProject: Format = {
  id: 'keras-project',
  name: 'Keras project',
  purpose:
    'The training itself for bigger machines: a Keras program, the images as the model sees them, and the weights to go on from. What comes out can be taken back.',
  modelFiles: () => ['model.keras', SETTINGS, TRAIN],
  beside: () => [],

  async writeData(context, source, directory, options) {
    const { run } = source;
    const { runs } = context.project.store;
    const train = runs.data(run.id, 'train');
    if (train.images.length === 0) {
      throw new AppError('NOT_ENOUGH_DATA', `Run ${run.id} has no training images of its own.`, {
        subject: run.id,
        hint: 'Export a run that was trained here.',
      });
    }
    const { settings } = projectSettings(run, train.classes);
    await writeFile(join(directory, SETTINGS), jsonFile(SETTINGS, settings).text);
    await copyFile(join(context.resourcesDir, 'keras-project', TRAIN), join(directory, TRAIN));
    await writeImages(context, source, train, join(directory, 'data', 'train'), options);
    const validation = runs.data(run.id, 'validation');
    await writeImages(context, source, validation, join(directory, 'data', 'validation'), options);
  },

  check: { kind: 'contents', tolerance: 0 },
  snippets: [{ language: 'Shell', code: commands }],

  usage: (source) => {
    const { left } = projectSettings(source.run, new Int32Array());
    const missing =
      left.length === 0
        ? 'All settings of the run are carried over.'
        : `Not carried over, since Keras has no layer that does the same:\n\n${left.map((each) => `- ${each}`).join('\n')}`;
    return `## Use it

\`\`\`
${commands}\`\`\`

\`model.keras\` has the weights to go on from; it gives logits. \`data/train\` and \`data/validation\` have the
run’s images at the model’s size, a folder for each class. \`settings.json\` has the optimizer, the schedule, the loss and
the augmentation of the run, and can be changed. The optimizer begins anew: its moments are not part of a
model. Several GPUs of a machine share each batch. \`--tfrecord\` puts the images into one file a split first, which slow
disks and networks read faster. \`python ${TRAIN} --help\` lists what can be said.

${missing}

When it is done, \`result.keras\` has the best epoch. \`fovea import-model\` makes it a run of the project, to be
evaluated beside the others.
`;
  },
};

/** Pictures as PNG, in folders named by their class's index. */
async function writeImages(
  { project, decoders }: WriteContext,
  { run, classNames }: ExportSource,
  { images, classes }: RunData,
  directory: string,
  { signal, onProgress }: CallOptions & { signal: AbortSignal },
): Promise<void> {
  if (images.length === 0) return;
  const { height, width, channels } = run.spec.input;
  const wanted = [...images];
  const pack = await project.tensors.ensure({ ...run.spec.input, images: wanted, signal });
  const failed = new Set(pack.failed.map(({ image }) => image));
  const digits = String(classNames.length - 1).length;
  const folders = classNames.map((name, index) =>
    join(directory, `${String(index).padStart(digits, '0')}-${folderName(name)}`),
  );
  for (const folder of folders) await mkdir(folder, { recursive: true });
  const file = await open(pack.file);
  try {
    for (const [index, image] of wanted.entries()) {
      if (index % 100 === 0) {
        signal.throwIfAborted();
        onProgress?.({ done: index, total: wanted.length });
      }
      if (failed.has(image)) continue;
      const data = await row(file, pack.slots[index]!, height * width * channels);
      const picture = await decoders.encode({ data, height, width, channels }, { signal });
      await writeFile(join(folders[classes[index]!]!, `${image}.png`), picture);
    }
  } finally {
    await file.close();
  }
}

async function row(file: FileHandle, slot: number, size: number): Promise<Uint8Array> {
  const data = new Uint8Array(size);
  await file.read(data, 0, size, slot * size);
  return data;
}

/** What every file system takes; the index before it tells classes apart. */
function folderName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}]+/gu, '_').slice(0, 60);
}
