/** Models written to files: what formats there are, what was written, and whether it agrees. */
import type {
  Checkpoint,
  ExportFormat,
  ExportFormatInfo,
  ExportRecord,
  FoveaClient,
} from '#shared/contract/index.ts';

export class ExportsState {
  formats = $state.raw<readonly ExportFormatInfo[] | null>(null);
  /** Newest first. */
  list = $state.raw<readonly ExportRecord[]>([]);
  failure = $state.raw<unknown>(null);
  openId = $state<number | null>(null);
  jobId = $state<string | null>(null);
  /** What that job writes. */
  jobFormat = $state<ExportFormat | null>(null);

  runId = $state<string | null>(null);
  checkpoint = $state<Checkpoint>('best');
  /** Each format gets a folder of its own in it. */
  directory = $state('');

  readonly #client: FoveaClient;
  readonly #project: string;

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  get open(): ExportRecord | null {
    return this.list.find((one) => one.id === this.openId) ?? null;
  }

  /** Chooses the model; a folder that the user did not choose follows it. */
  choose(choice: { run?: string; checkpoint?: Checkpoint }, projectPath: string): void {
    const suggested = (run: string | null) =>
      run === null ? '' : suggestDirectory(projectPath, run);
    const untouched = this.directory === suggested(this.runId);
    if (choice.run !== undefined) this.runId = choice.run;
    if (choice.checkpoint !== undefined) this.checkpoint = choice.checkpoint;
    if (untouched) this.directory = suggested(this.runId);
  }

  async load(): Promise<void> {
    try {
      const [formats, list] = await Promise.all([
        this.#client.exports.formats(),
        this.#client.exports.list({ project: this.#project }),
      ]);
      this.formats = formats;
      this.list = list.toSorted((a, b) => b.at - a.at || b.id - a.id);
      this.failure = null;
    } catch (error) {
      this.failure = error;
    }
  }

  async start(format: ExportFormat): Promise<string | null> {
    if (this.runId === null) return null;
    const { job } = await this.#client.exports.start({
      project: this.#project,
      run: this.runId,
      checkpoint: this.checkpoint,
      format,
      directory: folderOf(this.directory, format),
    });
    this.jobId = job;
    this.jobFormat = format;
    return job;
  }

  /** The job has ended; shows what it made, if it made something. */
  async ended(made: number | null): Promise<void> {
    this.jobId = null;
    this.jobFormat = null;
    await this.load();
    if (made !== null) this.openId = made;
  }
}

/** The format's own folder, with the separator that the path has. */
export function folderOf(directory: string, format: ExportFormat): string {
  const separator = directory.includes('\\') ? '\\' : '/';
  return `${directory.trim().replace(/[/\\]+$/, '')}${separator}${format}`;
}

/** A folder beside the project: '/a/shirts.fovea', 'r3' → '/a/shirts-r3'. */
export function suggestDirectory(projectPath: string, run: string): string {
  const base = projectPath.replace(/[/\\]+$/, '').replace(/\.fovea$/, '');
  return `${base}-${run}`;
}
