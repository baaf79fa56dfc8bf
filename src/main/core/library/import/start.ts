import { basename } from 'node:path';
import type { ImportOptions, ImportReport, Job } from '#shared/contract/index.ts';
import { isCancellation } from '#shared/errors.ts';
import type { JobControl, JobManager } from '../../jobs.ts';
import type { Project } from '../../projects/project.ts';
import type { SettingsStore } from '../../settings.ts';
import type { DecoderPool } from '../decode/pool.ts';
import { listFiles, openSource, uploadSession, type Source } from '../source.ts';
import type { Uploads } from '../uploads.ts';
import { byName } from '../walk.ts';
import { Copies } from './copies.ts';
import { ImageEntry } from './entry.ts';
import { importFiles } from './folder-import.ts';
import { idxTotal, importIdx } from './idx-import.ts';

export interface ImportServices {
  jobs: JobManager;
  decoders: DecoderPool;
  settings: SettingsStore;
  uploads: Uploads;
}

/** Starts an import as a job; its result is the stored report. */
export function startImport(
  project: Project,
  services: ImportServices,
  options: ImportOptions,
): Job {
  const name = uploadSession(options.source) === null ? basename(options.source) : 'dropped files';
  return services.jobs.start(
    { kind: 'import', project: project.id, title: `Import ${name}`, unit: 'images' },
    async (control) => {
      const report = await runImport(project, services, options, control);
      return { type: 'import', report: report.id };
    },
  );
}

/**
 * Imports a source. Bad files are counted, named and skipped. However it ends, what is committed is
 * consistent and the report is stored.
 * @throws AppError CANCELLED, DISK_FULL, CLASS_NAMES_NEEDED, SOURCE_UNREADABLE, NOT_FOUND …
 */
export async function runImport(
  project: Project,
  services: ImportServices,
  given: ImportOptions,
  control: JobControl,
): Promise<ImportReport> {
  const session = uploadSession(given.source);
  // Uploaded files go away when their import ends: they can only be copied.
  const options: ImportOptions = session === null ? given : { ...given, mode: 'copy' };
  try {
    control.phase('Looking for images');
    const source = await openSource(options.source, services.uploads);
    return await importSource(project, services, source, options, control);
  } finally {
    if (session !== null) await services.uploads.remove(session);
  }
}

async function importSource(
  project: Project,
  services: ImportServices,
  source: Source,
  options: ImportOptions,
  control: JobControl,
): Promise<ImportReport> {
  const { store } = project;
  const startedAt = Date.now();
  const id = store.transaction(() => store.imports.start(source.name, startedAt));
  const entry = new ImageEntry({
    store,
    importId: id,
    author: services.settings.get().author,
    describe: (added) =>
      `Imported ${added.toLocaleString('en')} images from ${basename(source.name)}`,
  });
  const report: ImportReport = {
    id,
    source: source.name,
    startedAt,
    seconds: 0,
    state: 'failed',
    added: 0,
    duplicates: 0,
    conflicts: [],
    skipped: [],
  };
  try {
    await fill(project, services, source, options, control, entry, report.skipped);
    report.state = 'done';
  } catch (error) {
    if (isCancellation(error) || control.signal.aborted) report.state = 'cancelled';
    throw error;
  } finally {
    const { added, duplicates, conflicts } = entry.counts;
    report.skipped.sort((a, b) => byName(a.file, b.file));
    Object.assign(report, {
      added,
      duplicates,
      conflicts,
      seconds: (Date.now() - startedAt) / 1000,
    });
    store.transaction(() => store.imports.finish(report));
    project.changes.publish(['project', 'images', 'labels', 'classes', 'splits', 'sources']);
  }
  return report;
}

async function fill(
  project: Project,
  { decoders }: ImportServices,
  source: Source,
  options: ImportOptions,
  control: JobControl,
  entry: ImageEntry,
  skipped: ImportReport['skipped'],
): Promise<void> {
  const { signal } = control;
  const shared = {
    project,
    options,
    entry,
    signal,
    copies: new Copies(project),
    onBatch: () =>
      project.changes.publish(
        entry.counts.newClasses
          ? ['images', 'labels', 'splits', 'classes']
          : ['images', 'labels', 'splits'],
      ),
  };
  if (source.kind === 'idx') {
    const total = idxTotal(source.pairs, options);
    control.phase('Importing images');
    control.progress(0, total);
    await importIdx({
      ...shared,
      pairs: source.pairs,
      source: source.path,
      onProgress: (done) => control.progress(done, total),
    });
    return;
  }
  // Not every file is an image: until each was looked at, files are what there is to count.
  control.phase('Looking for images', 'files');
  const files = await listFiles(
    source,
    ({ name, reason }) => skipped.push({ file: name, reason }),
    { signal, onFound: (count) => control.progress(0, count) },
  );
  const total = Math.min(files.length, options.limit ?? Infinity);
  control.phase('Importing images');
  control.progress(0, total);
  await importFiles({
    ...shared,
    decoders,
    files,
    skip: (file) => skipped.push(file),
    onProgress: (done) => control.progress(done, Math.max(total, done)),
  });
}
