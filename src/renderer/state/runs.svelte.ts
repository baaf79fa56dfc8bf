/** The project's runs: the list, the one that is looked at, those being compared. */
import { SvelteSet } from 'svelte/reactivity';
import type { FoveaClient, PresetInfo, Run, TrainOptions } from '#shared/contract/index.ts';
import { bestValue } from '../features/train/compare.ts';
import { isActive, LiveRun } from './live-run.svelte.ts';

/** Whether an ended run has epochs left, and something saved to go on from. */
export function canResume(run: Run): boolean {
  const reached = run.epochs.at(-1)?.epoch ?? 0;
  return run.finishedAt !== null && run.resumable && reached < run.options.epochs;
}

export class RunsState {
  /** Newest first; null until they were read. */
  list = $state.raw<readonly Run[] | null>(null);
  presets = $state.raw<readonly PresetInfo[]>([]);
  /** Why the list could not be read. */
  failure = $state.raw<unknown>(null);
  /** Run that is open; null: the form for a new one. */
  openId = $state<string | null>(null);
  readonly compared = new SvelteSet<string>();
  live = $state.raw<LiveRun | null>(null);

  readonly #client: FoveaClient;
  readonly #project: string;
  #refreshes = 0;

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  /** The open run with what is heard of it live. */
  get open(): Run | null {
    if (this.live && this.live.run.id === this.openId) return this.live.run;
    return this.list?.find((run) => run.id === this.openId) ?? null;
  }

  /** Runs whose model can be used: at least one checkpoint is there. */
  get usable(): readonly Run[] {
    return (this.list ?? []).filter((run) => run.checkpoints.length > 0);
  }

  get training(): Run | null {
    return this.list?.find(isActive) ?? null;
  }

  /** Runs ticked for comparison, in the order of the list. */
  get comparison(): readonly Run[] {
    return (this.list ?? []).filter((run) => this.compared.has(run.id));
  }

  async load(): Promise<void> {
    await Promise.all([this.refresh(), this.#loadPresets()]);
  }

  async refresh(): Promise<void> {
    const mine = ++this.#refreshes;
    try {
      const list = await this.#client.runs.list({ project: this.#project });
      // An answer that was overtaken by a later question is stale.
      if (mine !== this.#refreshes) return;
      this.list = list.toSorted((a, b) => b.createdAt - a.createdAt || compareIds(b.id, a.id));
      this.failure = null;
      const exists = (id: string) => list.some((run) => run.id === id);
      for (const id of this.compared) if (!exists(id)) this.compared.delete(id);
      if (this.openId !== null && !exists(this.openId)) this.show(null);
      else if (this.open && this.live?.run.id !== this.openId) this.#follow(this.open);
      // What changed about a finished run (its name, its notes, its labels) only the list knows.
      const live = this.live;
      const stored = list.find((run) => run.id === live?.run.id);
      if (live && stored && !isActive(live.run)) live.run = stored;
    } catch (error) {
      if (mine === this.#refreshes) this.failure = error;
    }
  }

  /** Opens a run, or with null the form. */
  show(id: string | null): void {
    if (id === this.openId && this.live?.run.id === id) return;
    this.live?.close();
    this.live = null;
    this.openId = id;
    const run = this.open;
    if (run) this.#follow(run);
  }

  toggleCompared(id: string): void {
    if (!this.compared.delete(id)) this.compared.add(id);
  }

  async start(options: TrainOptions, name?: string): Promise<string> {
    const { run } = await this.#client.runs.start({
      project: this.#project,
      options,
      ...(name ? { name } : {}),
    });
    await this.refresh();
    this.compared.clear();
    this.show(run);
    return run;
  }

  /** Saves everything at the next step, and ends the run as paused. */
  async pause(run: string): Promise<void> {
    await this.#client.runs.pause({ project: this.#project, run });
  }

  /** Ends the run after its epoch. */
  async stop(run: string): Promise<void> {
    await this.#client.runs.stop({ project: this.#project, run });
  }

  /** Goes on with a run that ended before its time, after its last checkpoint. */
  async resume(run: string): Promise<void> {
    await this.#client.runs.resume({ project: this.#project, run });
    // What was followed has ended; the open run is followed anew.
    if (this.live?.run.id === run) {
      this.live.close();
      this.live = null;
    }
    await this.refresh();
  }

  async cancel(run: string): Promise<void> {
    await this.#client.runs.cancel({ project: this.#project, run });
  }

  async update(run: string, changes: { name?: string; notes?: string }): Promise<void> {
    this.#replace(await this.#client.runs.update({ project: this.#project, run, ...changes }));
  }

  async remove(run: string): Promise<void> {
    await this.#client.runs.remove({ project: this.#project, run });
    if (this.openId === run) this.show(null);
    await this.refresh();
  }

  /** A good first choice where a model is asked for: the open one, else the best of all. */
  preferred(): Run | null {
    const usable = this.usable;
    const open = usable.find((run) => run.id === this.openId);
    if (open) return open;
    const ranked = usable.toSorted((a, b) => (bestValue(b) ?? 0) - (bestValue(a) ?? 0));
    return ranked[0] ?? null;
  }

  /** Stops listening; the screen is gone. */
  close(): void {
    this.live?.close();
    this.live = null;
  }

  async #loadPresets(): Promise<void> {
    try {
      this.presets = await this.#client.runs.presets();
    } catch (error) {
      this.failure = error;
    }
  }

  #follow(run: Run): void {
    this.live?.close();
    const live = new LiveRun(this.#client, this.#project, run, (stored) => this.#replace(stored));
    this.live = live;
    if (isActive(run)) void live.follow();
  }

  #replace(run: Run): void {
    this.list = (this.list ?? []).map((other) => (other.id === run.id ? run : other));
    if (this.live?.run.id === run.id && this.live.run !== run) this.live.run = run;
  }
}

/** 'r10' comes after 'r9'. */
function compareIds(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
