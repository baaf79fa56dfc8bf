/** The project's studies: the list, the one that is looked at, and the form for a new one. */
import type { FoveaClient, Study, StudyRequest, StudyResult } from '#shared/contract/index.ts';

export type StudyKind = StudyRequest['kind'];

export class StudiesState {
  /** Newest first; null until they were read. */
  list = $state.raw<readonly Study[] | null>(null);
  failure = $state.raw<unknown>(null);
  openId = $state<string | null>(null);
  /** Of the open study; null until it was read. */
  result = $state.raw<StudyResult | null>(null);

  /** The form for a new study is shown. */
  creating = $state(false);
  kind = $state<StudyKind>('curve');
  sizes = $state('');
  seeds = $state(3);
  baseline = $state(true);
  folds = $state(5);

  readonly #client: FoveaClient;
  readonly #project: string;
  #refreshes = 0;

  constructor(client: FoveaClient, project: string) {
    this.#client = client;
    this.#project = project;
  }

  /** Whether a study or its form takes the place of runs. */
  get shown(): boolean {
    return this.creating || this.openId !== null;
  }

  /** The newest folds whose answers are there. */
  get judging(): Study | null {
    return (
      this.list?.find(({ request, status }) => request.kind === 'folds' && status === 'done') ??
      null
    );
  }

  async refresh(): Promise<void> {
    const mine = ++this.#refreshes;
    try {
      const list = await this.#client.studies.list({ project: this.#project });
      if (mine !== this.#refreshes) return;
      this.list = list;
      this.failure = null;
      if (this.openId !== null && list.every(({ id }) => id !== this.openId)) this.close();
      if (this.openId === null) return;
      const result = await this.#client.studies.get({
        project: this.#project,
        study: this.openId,
      });
      if (mine === this.#refreshes && result.id === this.openId) this.result = result;
    } catch (error) {
      if (mine === this.#refreshes) this.failure = error;
    }
  }

  async show(id: string): Promise<void> {
    this.creating = false;
    if (this.openId !== id) this.result = null;
    this.openId = id;
    await this.refresh();
  }

  create(kind: StudyKind = this.kind): void {
    this.openId = null;
    this.result = null;
    this.kind = kind;
    this.creating = true;
  }

  close(): void {
    this.openId = null;
    this.result = null;
    this.creating = false;
  }

  async start(request: StudyRequest): Promise<void> {
    const { study } = await this.#client.studies.start({ project: this.#project, request });
    await this.show(study);
  }

  async resume(study: string): Promise<void> {
    await this.#client.studies.resume({ project: this.#project, study });
    await this.refresh();
  }

  async remove(study: string): Promise<void> {
    await this.#client.studies.remove({ project: this.#project, study });
    await this.refresh();
  }
}

/** '300, 600' → [300, 600], ascending; null where it is no list of whole numbers from 2 on. */
export function readSizes(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const sizes = [...new Set(parts.map(Number))].sort((a, b) => a - b);
  return sizes.length > 0 && sizes.every((size) => Number.isInteger(size) && size >= 2)
    ? sizes
    : null;
}

/** Sizes that suit so many labels: about a doubling from one to the next, up to all. */
export function suggestSizes(labels: number): number[] {
  const sizes: number[] = [];
  for (let size = labels; size >= 40 && sizes.length < 5; size = Math.round(size / 2)) {
    sizes.unshift(size);
  }
  return sizes.length > 0 ? sizes : labels >= 2 ? [labels] : [];
}
