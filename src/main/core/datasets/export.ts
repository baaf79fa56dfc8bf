/** Writes a project's images, labels and splits for other programs; originals to the bit. */
import { mkdir, readdir, rename, rm, rmdir, stat, appendFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { DatasetFormat, DatasetReport, SkippedFile } from '#shared/contract/index.ts';
import { AppError, isCancellation } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import type { JobControl } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import type { StoredImage } from '../store/images.ts';
import { hasCode, partialName, toFileError } from '../util/files.ts';
import type { DatasetWriter, Format } from './format.ts';
import { datasetFormats } from './formats.ts';
import { originalOf } from './originals.ts';

export interface DatasetRequest {
  format: DatasetFormat;
  directory: string;
  unlabeled: boolean;
}

const ROWS_AT_A_TIME = 500;
const SKIPPED_NAMED = 1000;

/**
 * Images that cannot be read are skipped and named. The folder appears when all is written, or not at
 * all.
 * @throws AppError NOT_ENOUGH_DATA, ALREADY_EXISTS, INVALID_INPUT, PERMISSION_DENIED, DISK_FULL, CANCELLED
 */
export async function exportDataset(
  { decoders, options }: Pick<CoreContext, 'decoders' | 'options'>,
  project: Project,
  request: DatasetRequest,
  control: JobControl,
): Promise<DatasetReport> {
  const { store } = project;
  const { signal } = control;
  const format = datasetFormats[request.format];
  const classes = store.classes.list();
  const labels = new Map(classes.map(({ id }, index) => [id, index]));
  const all = store.images.ids();
  const labeled = new Set(store.images.labeled().map(({ id }) => id));
  const withUnlabeled = request.unlabeled && format.unlabeled;
  const ids = withUnlabeled ? all : all.filter((id) => labeled.has(id));
  if (ids.length === 0) {
    throw new AppError('NOT_ENOUGH_DATA', 'There are no labeled images to write.', {
      hint: 'Label some first, or include images without a label.',
    });
  }
  const report: DatasetReport = {
    format: request.format,
    directory: request.directory,
    images: 0,
    unlabeled: 0,
    leftOut: all.length - ids.length,
    bytes: 0,
    skipped: [],
    skippedCount: 0,
  };
  const skip = (file: SkippedFile): void => {
    report.skippedCount++;
    if (report.skipped.length < SKIPPED_NAMED) report.skipped.push(file);
  };
  const staging = await stage(request.directory);
  try {
    control.phase('Writing images');
    const info = {
      project: project.name,
      classes: classes.map(({ name }) => name),
      version: options.version,
    };
    const writer = format.open(staging.directory, info);
    let done = 0;
    for (const image of rows(project, ids)) {
      signal.throwIfAborted();
      const label = image.classId === null ? null : (labels.get(image.classId) ?? null);
      const className = label === null ? null : classes[label]!.name;
      await write(writer, image, { label, className });
      control.progress(++done, ids.length);
    }
    if (report.images === 0) {
      throw new AppError('SOURCE_UNREADABLE', 'None of the images can be read.', {
        hint: report.skipped[0]?.reason ?? '',
      });
    }
    await writer.finish();
    await appendFile(join(staging.directory, 'README.md'), readme(info, format, report));
    signal.throwIfAborted();
    await staging.commit();
    return report;
  } catch (error) {
    throw toFileError(error, request.directory);
  } finally {
    await staging.discard();
  }

  async function write(
    writer: DatasetWriter,
    image: StoredImage,
    of: { label: number | null; className: string | null },
  ): Promise<void> {
    const { id, split, width, height } = image;
    const original = await originalOf(project, image, decoders, signal).catch((error: unknown) => {
      if (isCancellation(error) || !(error instanceof AppError)) throw error;
      skip({ file: image.name, reason: error.message });
      return null;
    });
    if (!original) return;
    const { bytes, ...file } = original;
    await writer.add({ id, split, width, height, ...of, ...file }, bytes);
    report.images++;
    if (of.label === null) report.unlabeled++;
    report.bytes += bytes.length;
  }
}

function* rows({ store }: Project, ids: readonly number[]): Generator<StoredImage> {
  for (let at = 0; at < ids.length; at += ROWS_AT_A_TIME) {
    yield* store.images.rows(ids.slice(at, at + ROWS_AT_A_TIME));
  }
}

interface Staging {
  directory: string;
  commit: () => Promise<void>;
  discard: () => Promise<void>;
}

/** A folder beside the wanted one, which takes its name at the end. */
async function stage(target: string): Promise<Staging> {
  if (!isAbsolute(target)) {
    throw new AppError('INVALID_INPUT', `${target} is not a full path.`, { subject: target });
  }
  await refuseFull(target);
  const directory = partialName(target);
  try {
    await mkdir(dirname(target), { recursive: true });
    await mkdir(directory);
  } catch (error) {
    throw toFileError(error, target);
  }
  return {
    directory,
    commit: async () => {
      await rmdir(target).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw error;
      });
      await rename(directory, target);
    },
    discard: () => rm(directory, { recursive: true, force: true }),
  };
}

async function refuseFull(target: string): Promise<void> {
  try {
    if ((await stat(target)).isDirectory() && (await readdir(target)).length === 0) return;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw toFileError(error, target);
  }
  throw new AppError('ALREADY_EXISTS', `${target} is not an empty folder.`, {
    subject: target,
    hint: 'Choose an empty folder, or one that is not there yet.',
  });
}

function readme(
  info: { project: string; classes: readonly string[]; version: string },
  format: Format,
  report: DatasetReport,
): string {
  const unlabeled = report.unlabeled > 0 ? `, ${report.unlabeled} of them without a label` : '';
  const lines = [
    `# ${info.project}`,
    '',
    `${report.images} images${unlabeled}, written by Fovea ${info.version} as ${format.name}.`,
  ];
  if (report.leftOut > 0) {
    lines.push('', `${report.leftOut} images without a label were left out.`);
  }
  if (report.skippedCount > 0) {
    lines.push('', `${report.skippedCount} images could not be read and are missing.`);
  }
  lines.push('', 'Images without a split are in `unsplit`.', '', '## Classes', '');
  lines.push(...info.classes.map((name, index) => `${index}. ${name}`), '', '## Use it', '');
  return `${lines.join('\n')}\n${format.usage}`;
}
