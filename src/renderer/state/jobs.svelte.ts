/** All long work, as the core reports it. */
import type { FoveaClient, Job } from '#shared/contract/index.ts';

export class JobsState {
  all = $state.raw<readonly Job[]>([]);
  readonly #api: FoveaClient;
  readonly #ended = new Set<(job: Job) => void>();

  constructor(api: FoveaClient) {
    this.#api = api;
  }

  get running(): readonly Job[] {
    return this.all.filter((job) => job.finishedAt === null);
  }

  get(id: string | null): Job | undefined {
    return this.all.find((job) => job.id === id);
  }

  /** Newest running job of a kind in a project. */
  runningOf(project: string, kind: Job['kind']): Job | undefined {
    return this.running.findLast((job) => job.project === project && job.kind === kind);
  }

  /** Calls back once for each job that ends, however it ends. */
  onEnd(callback: (job: Job) => void): () => void {
    this.#ended.add(callback);
    return () => this.#ended.delete(callback);
  }

  /** Follows the feed until it ends (lost connection) or `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const event of await this.#api.jobs.watch(undefined, { signal })) {
      if (event.type === 'snapshot') this.all = event.jobs;
      else this.#update(event.job);
    }
  }

  async cancel(id: string): Promise<void> {
    await this.#api.jobs.cancel({ job: id });
  }

  async clear(): Promise<void> {
    await this.#api.jobs.clear();
  }

  #update(job: Job): void {
    const before = this.get(job.id);
    this.all = before
      ? this.all.map((other) => (other.id === job.id ? job : other))
      : [...this.all, job];
    if (job.finishedAt !== null && (before?.finishedAt ?? null) === null) {
      for (const callback of this.#ended) callback(job);
    }
  }
}
