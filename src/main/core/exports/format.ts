/** What an export format is to the rest: files made from a checkpoint, and how to ask them again. */
import type { Checkpoint, ExportFormat, ExportRecord } from '#shared/contract/index.ts';
import type { CallOptions, Engine, Probabilities, TensorSet } from '../engine/protocol.ts';
import type { StoredRun } from '../store/runs.ts';

export interface ExportSource {
  run: StoredRun;
  checkpoint: Checkpoint;
  /** The run's folder. */
  runDir: string;
  classNames: string[];
  /** Base name for files, safe on every file system. */
  name: string;
  /** Where the model comes from, to be written into the file. */
  provenance: Record<string, string>;
}

export interface Format {
  id: ExportFormat;
  name: string;
  /** What it is for, in one sentence. */
  purpose: string;
  /** The files, without README.md and export.json, that `write` makes. */
  fileNames: (source: ExportSource) => string[];
  write: (
    engine: Engine,
    source: ExportSource,
    directory: string,
    options: CallOptions,
  ) => Promise<void>;
  /** Asks the written files, and nothing else of the app, about images. */
  ask: (
    engine: Engine,
    source: ExportSource,
    directory: string,
    set: TensorSet,
    options: CallOptions,
  ) => Promise<Probabilities>;
  examples: (source: ExportSource) => ExportRecord['examples'];
  /** The README's part on how to use it. */
  usage: (source: ExportSource) => string;
}

/** Has the engine write the model's own files. */
export async function exportModel(
  engine: Engine,
  format: ExportFormat,
  { runDir, checkpoint, classNames, name, provenance }: ExportSource,
  directory: string,
  options: CallOptions,
): Promise<void> {
  const model = { name, classNames, metadata: provenance };
  await engine.exportModel({ runDir, checkpoint, format, directory, ...model }, options);
}
