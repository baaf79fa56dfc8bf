/**
 * From 'these files' to a running import: upload where the page may not know paths, look at what is
 * there, ask what cannot be known, start the job.
 */
import type { FoveaClient, ImportOptions, SourceScan, Split } from '#shared/contract/index.ts';
import type { Host } from '../host.ts';
import { collectDrop, nameOfDrop, type DroppedFile } from './dropped-files.ts';
import { uploadFiles } from './upload.ts';

export type ImportPhase = 'idle' | 'uploading' | 'scanning' | 'preview' | 'starting';

/** What the preview dialog asks. */
export interface ImportChoices {
  mode: 'copy' | 'reference';
  /** 'source': keep the splits found there; otherwise put everything in one split. */
  split: 'source' | Split;
  labels: 'source' | 'none';
  limit: number | null;
  /** One name a line, for IDX files without known names. */
  classNames: string;
}

export interface ImportFlowParts {
  api: FoveaClient;
  host: Host;
  report: (error: unknown) => void;
  project: () => string | null;
  /** Leads to the new-project dialog; `resume` is called when there is a project. */
  needProject: () => void;
}

export class ImportFlow {
  phase = $state<ImportPhase>('idle');
  scan = $state.raw<SourceScan | null>(null);
  choices = $state<ImportChoices>(freshChoices(null));
  /** Files uploaded, of how many. */
  uploaded = $state(0);
  toUpload = $state(0);
  /** Name for a project that is made for what was dropped. */
  proposedName = $state('');
  #sources = $state.raw<readonly string[]>([]);
  #pending: (() => void) | null = null;
  #abort: AbortController | null = null;
  readonly #parts: ImportFlowParts;

  constructor(parts: ImportFlowParts) {
    this.#parts = parts;
  }

  get busy(): boolean {
    return this.phase !== 'idle';
  }

  /** Uploaded files are copies already; there is nothing left to refer to. */
  get uploadedSource(): boolean {
    return this.#sources[0]?.startsWith('upload:') ?? false;
  }

  /** How many more places were chosen than the one that the preview shows. */
  get more(): number {
    return Math.max(0, this.#sources.length - 1);
  }

  /** Paths of folders, IDX files or image files. */
  fromPaths(paths: readonly string[]): void {
    if (paths.length === 0) return;
    this.#begin(nameFromPath(paths[0] ?? ''), () => this.#look([...paths]));
  }

  /** What was dropped on the window. */
  async fromDrop(data: DataTransfer): Promise<void> {
    try {
      const paths = [...data.files].map((file) => this.#parts.host.pathOf(file));
      if (paths.length > 0 && paths.every((path) => path !== null)) {
        this.fromPaths(paths);
        return;
      }
      // Entries must be taken before the first await: the transfer is empty afterwards.
      const files = await collectDrop(data);
      this.fromFiles(files);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Files without a known path: they are uploaded first. */
  fromFiles(files: readonly DroppedFile[]): void {
    if (files.length === 0) return;
    this.#begin(nameOfDrop(files), () => this.#upload(files));
  }

  /** Goes on once a project is open. */
  resume(): void {
    const pending = this.#pending;
    this.#pending = null;
    this.proposedName = '';
    pending?.();
  }

  forgetPending(): void {
    this.#pending = null;
    this.proposedName = '';
  }

  cancel(): void {
    this.#abort?.abort();
    this.#reset();
  }

  /** Starts the import(s); the jobs panel takes over. */
  async start(): Promise<void> {
    const project = this.#parts.project();
    if (project === null || this.phase !== 'preview') return;
    this.phase = 'starting';
    try {
      for (const source of this.#sources) {
        await this.#parts.api.library.import({
          project,
          ...importOptions(source, this.choices, this.scan),
        });
      }
      this.#reset();
    } catch (error) {
      this.phase = 'preview';
      this.#parts.report(error);
    }
  }

  #begin(name: string, work: () => Promise<void>): void {
    const run = (): void => {
      work().catch((error: unknown) => this.#fail(error));
    };
    if (this.#parts.project() !== null) {
      run();
      return;
    }
    this.#pending = run;
    this.proposedName = name;
    this.#parts.needProject();
  }

  async #upload(files: readonly DroppedFile[]): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.phase = 'uploading';
    this.uploaded = 0;
    this.toUpload = files.length;
    const source = await uploadFiles(this.#parts.api, files, abort.signal, () => this.uploaded++);
    await this.#look([source]);
  }

  async #look(sources: string[]): Promise<void> {
    const project = this.#parts.project();
    const [first] = sources;
    if (project === null || first === undefined) return;
    const abort = new AbortController();
    this.#abort = abort;
    this.phase = 'scanning';
    this.#sources = sources;
    const { signal } = abort;
    const scan = await this.#parts.api.library.scan({ project, source: first }, { signal });
    if (signal.aborted) return;
    this.scan = scan;
    this.choices = freshChoices(scan);
    this.phase = 'preview';
  }

  #fail(error: unknown): void {
    this.#reset();
    this.#parts.report(error);
  }

  #reset(): void {
    this.phase = 'idle';
    this.scan = null;
    this.#sources = [];
    this.#abort = null;
  }
}

function freshChoices(scan: SourceScan | null): ImportChoices {
  return {
    mode: 'copy',
    split: 'source',
    labels: 'source',
    limit: null,
    classNames: scan?.classNames?.join('\n') ?? '',
  };
}

/** One class name a line; blank lines do not count. */
export function parseClassNames(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** Why the import cannot start yet, or null. */
export function choicesProblem(
  scan: SourceScan,
  choices: ImportChoices,
): 'no-images' | 'class-names' | null {
  if (scan.images === 0) return 'no-images';
  if (scan.kind !== 'idx' || scan.classCount === null || choices.labels === 'none') return null;
  const names = parseClassNames(choices.classNames);
  const distinct = new Set(names).size === names.length;
  return names.length === scan.classCount && distinct ? null : 'class-names';
}

/** What the core is asked to do. */
export function importOptions(
  source: string,
  choices: ImportChoices,
  scan: SourceScan | null,
): ImportOptions {
  const options: ImportOptions = {
    source,
    mode: source.startsWith('upload:') ? 'copy' : choices.mode,
    labels: choices.labels,
  };
  if (choices.split !== 'source') options.split = choices.split;
  if (choices.limit !== null) options.limit = choices.limit;
  if (scan?.kind === 'idx' && choices.labels === 'source') {
    options.classNames = parseClassNames(choices.classNames);
  }
  return options;
}

/** The last part of a path without its extension, as a project name. */
export function nameFromPath(path: string): string {
  const last = path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';
  return last.replace(/\.[^.]+$/, '');
}
