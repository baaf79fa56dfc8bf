/** What an export format is to the rest: files made from a checkpoint, and how they are checked. */
import type { Checkpoint, ExportFormat, ExportRecord } from '#shared/contract/index.ts';
import type {
  CallOptions,
  Engine,
  ExportJob,
  Probabilities,
  TensorSet,
} from '../engine/protocol.ts';
import type { DecoderPool } from '../library/decode/pool.ts';
import type { Project } from '../projects/project.ts';
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

/** How far a file's answers may be from the app's before it is not to be relied on. */
export interface Tolerance {
  /** Least share of images with the same top class. */
  agreement: number;
  /** Largest difference of any probability. */
  difference: number;
}

/** Of formats in which all numbers are float32. */
export const exact: Tolerance = { agreement: 1, difference: 1e-4 };

/** Of integers: how much accuracy they cost is said beside it, and most answers must be the same. */
export const integers: Tolerance = { agreement: 0.9, difference: 1 };

/** Where the app can run the files it asks them; else it reads them and compares the numbers inside. */
export type Check =
  | {
      kind: 'answers';
      tolerance: Tolerance;
      /** Asks the written files, and nothing else of the app, about images. */
      ask: (
        engine: Engine,
        source: ExportSource,
        directory: string,
        set: TensorSet,
        options: CallOptions,
      ) => Promise<Probabilities>;
    }
  | {
      kind: 'contents';
      /** Largest difference of a number: 0 for float32. */
      tolerance: number;
    };

export interface WriteContext {
  engine: Engine;
  project: Project;
  decoders: DecoderPool;
  resourcesDir: string;
}

export interface Format {
  id: ExportFormat;
  name: string;
  /** What it is for, in one sentence. */
  purpose: string;
  /**
   * Names of files that `write` makes, without README.md and export.json, so that a folder in which
   * they would be in the way is refused at once. It may write more, in folders too.
   */
  fileNames: (source: ExportSource) => string[];
  write: (
    context: WriteContext,
    source: ExportSource,
    directory: string,
    options: CallOptions & { signal: AbortSignal },
  ) => Promise<void>;
  check: Check;
  examples: (source: ExportSource) => ExportRecord['examples'];
  /** The README's part on how to use it. */
  usage: (source: ExportSource) => string;
}

/** The format's own job for the engine. */
export function exportJob(
  format: ExportFormat,
  { runDir, checkpoint, classNames, name, provenance }: ExportSource,
  directory: string,
): ExportJob {
  return { format, runDir, checkpoint, directory, name, classNames, metadata: provenance };
}

/** The file of class names that lies beside every model. */
export const LABELS = 'labels.json';

export function labelsText({ classNames }: ExportSource): string {
  return `${JSON.stringify(classNames, null, 2)}\n`;
}
