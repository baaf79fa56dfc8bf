/** Writes a checkpoint for use elsewhere, proves the file against the app, and records it. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint, ExportFormat, ExportRecord, Split } from '#shared/contract/index.ts';
import type { CoreContext } from '../context.ts';
import { readReport } from '../evaluation/read.ts';
import type { JobControl } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import { checkpointSha256 } from '../runs/folder.ts';
import type { StoredRun } from '../store/runs.ts';
import { fileSha256, toFileError } from '../util/files.ts';
import { slug } from '../util/slug.ts';
import { calibrationImages } from './calibration.ts';
import { examplesOf, exportJob, type ExportSource } from './format.ts';
import { formats } from './formats.ts';
import { filesIn, MANIFEST, stageExport } from './place.ts';
import { prove } from './proof.ts';
import { readme } from './readme.ts';

const README = 'README.md';

export interface ExportRequest {
  run: string;
  checkpoint: Checkpoint;
  format: ExportFormat;
  directory: string;
}

/**
 * Answers the export's id.
 * @throws AppError NOT_FOUND, RUN_NOT_READY, ALREADY_EXISTS, PERMISSION_DENIED, DISK_FULL, CANCELLED
 */
export async function exportRun(
  context: Pick<CoreContext, 'engine' | 'decoders' | 'options'>,
  project: Project,
  request: ExportRequest,
  control: JobControl,
): Promise<number> {
  const { engine, options } = context;
  const run = project.store.runs.get(request.run);
  const format = formats[request.format];
  const at = new Date();
  const source = await exportSource(project, run, request.checkpoint, options.version, at);
  const beside = format.beside(source);
  const expected = [...format.modelFiles(source), ...beside.map(({ name }) => name), README];
  const staging = await stageExport(request.directory, expected, {
    project: project.id,
    run: run.id,
    checkpoint: request.checkpoint,
    format: request.format,
  });
  try {
    const { signal } = control;
    control.phase('Writing the model');
    const { directory } = staging;
    const calibration = await calibrationImages(format.id, project, source, signal);
    const job = exportJob(format.id, source, directory);
    await engine.exportModel({ ...job, calibration }, { signal });
    for (const { name, text } of beside) await writeFile(join(directory, name), text);
    const { decoders } = context;
    const data = { project, decoders, resourcesDir: options.resourcesDir };
    await format.writeData?.(data, source, directory, { signal });
    control.phase('Checking the written file');
    const proof = await prove(context, project, format, source, staging.directory, {
      signal,
      onProgress: ({ done, total }) => control.progress(done, total),
    });
    signal.throwIfAborted();
    await writeFile(
      join(staging.directory, README),
      readme({
        format,
        source,
        project: project.summary().name,
        version: options.version,
        at,
        proof,
        accuracies: await accuracies(project, request),
      }),
    );
    const files = await describeFiles(staging.directory, await filesIn(staging.directory));
    const manifest = {
      fovea: options.version,
      format: request.format,
      created: at.toISOString(),
      project: { id: project.id, name: project.summary().name },
      run: run.id,
      checkpoint: request.checkpoint,
      model: run.spec.name,
      input: run.spec.input,
      classes: source.classNames,
      data: { train: run.trainImages, validation: run.validationImages },
      proof: proof && { ...(proof.split && { split: proof.split }), ...proof.proof },
      files,
    };
    const manifestText = `${JSON.stringify(manifest, null, 2)}\n`;
    await writeFile(join(staging.directory, MANIFEST), manifestText);
    await staging.commit();
    const record: Omit<ExportRecord, 'id'> = {
      run: run.id,
      checkpoint: request.checkpoint,
      format: request.format,
      at: at.getTime(),
      directory: request.directory,
      files: [...files, { name: MANIFEST, bytes: Buffer.byteLength(manifestText) }].map(
        ({ name, bytes }) => ({ path: join(request.directory, ...name.split('/')), bytes }),
      ),
      proof: proof?.proof ?? null,
      examples: examplesOf(format, source),
    };
    const id = project.store.transaction(() => {
      project.store.runs.get(run.id);
      return project.store.exports.insert(record);
    });
    project.changes.publish(['exports']);
    return id;
  } catch (error) {
    throw toFileError(error, request.directory);
  } finally {
    await staging.discard();
  }
}

async function exportSource(
  project: Project,
  run: StoredRun,
  checkpoint: Checkpoint,
  version: string,
  at: Date,
): Promise<ExportSource> {
  const runDir = project.paths.run(run.id);
  const sha256 = await checkpointSha256(runDir, run.id, checkpoint);
  const projectName = project.summary().name;
  const classNames = run.classes.map(({ name }) => name);
  return {
    run,
    checkpoint,
    runDir,
    classNames,
    name: `${slug(projectName)}-${run.id}`,
    provenance: {
      producer: `Fovea ${version}`,
      project: projectName,
      run: run.id,
      run_name: run.name,
      checkpoint,
      checkpoint_sha256: sha256,
      created: at.toISOString(),
      train_images: String(run.trainImages),
      validation_images: String(run.validationImages),
      classes: JSON.stringify(classNames),
    },
  };
}

async function accuracies(
  project: Project,
  { run, checkpoint }: ExportRequest,
): Promise<{ split: Split; accuracy: number; images: number }[]> {
  const reports = await Promise.all(
    (['validation', 'test'] as const).map((split) =>
      readReport(project, { run, checkpoint, split }),
    ),
  );
  return reports.filter((report) => report !== null);
}

async function describeFiles(
  directory: string,
  names: readonly string[],
): Promise<{ name: string; bytes: number; sha256: string }[]> {
  return Promise.all(
    names.map(async (name) => {
      const file = join(directory, name);
      return { name, bytes: (await stat(file)).size, sha256: await fileSha256(file) };
    }),
  );
}
