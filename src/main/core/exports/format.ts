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

/** A file of text beside the model. */
export interface Companion {
  name: string;
  text: string;
  /** Of an example program, which is shown in the app too. */
  language?: string;
}

export interface WriteContext {
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
   * Names of files that hold the model, so that a folder in which they would be in the way is refused
   * at once. The engine may write more, in folders too.
   */
  modelFiles: (source: ExportSource) => string[];
  /** What lies beside the model, without README.md and export.json. */
  beside: (source: ExportSource) => Companion[];
  /** Writes what is no text, where the format has that. */
  writeData?: (
    context: WriteContext,
    source: ExportSource,
    directory: string,
    options: CallOptions & { signal: AbortSignal },
  ) => Promise<void>;
  check: Check;
  /** Code to use it by that is in no file of its own. */
  snippets?: ExportRecord['examples'];
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

/** Lists and settings as a file. */
export function jsonFile(name: string, content: unknown): Companion {
  return { name, text: `${JSON.stringify(content, null, 2)}\n` };
}

/** The class names, in the order of a model's answers. */
export function labelsFile({ classNames }: ExportSource): Companion {
  return jsonFile('labels.json', classNames);
}

/** What is shown of how to use it. */
export function examplesOf(format: Format, source: ExportSource): ExportRecord['examples'] {
  const programs = format
    .beside(source)
    .flatMap(({ language, text }) => (language === undefined ? [] : [{ language, code: text }]));
  return [...programs, ...(format.snippets ?? [])];
}
