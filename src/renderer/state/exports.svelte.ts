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

  runId = $state<string | null>(null);
  checkpoint = $state<Checkpoint>('best');
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
      run === null ? '' : suggestDirectory(projectPath, run, 'onnx');
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
      directory: this.directory,
    });
    this.jobId = job;
    return job;
  }

  /** The job has ended; shows what it made, if it made something. */
  async ended(made: number | null): Promise<void> {
    this.jobId = null;
    await this.load();
    if (made !== null) this.openId = made;
  }
}

/** A folder beside the project: '/a/shirts.fovea', 'r3' → '/a/shirts-r3-onnx'. */
export function suggestDirectory(projectPath: string, run: string, format: string): string {
  const base = projectPath.replace(/[/\\]+$/, '').replace(/\.fovea$/, '');
  return `${base}-${run}-${format}`;
}
