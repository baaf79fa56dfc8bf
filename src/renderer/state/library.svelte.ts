/** What Library shows beside the grid: imports, splits, health. Read again when the project changes. */
import type {
  FoveaClient,
  HealthFinding,
  ImportReport,
  SplitSummary,
} from '#shared/contract/index.ts';
import type { OpenProject } from './project.svelte.ts';

/** Changes come in bursts during an import; one reading per interval is enough. */
const INTERVAL_MS = 700;

export class LibraryOverview {
  imports = $state.raw<readonly ImportReport[]>([]);
  splits = $state.raw<SplitSummary | null>(null);
  health = $state.raw<readonly HealthFinding[] | null>(null);
  readonly #api: FoveaClient;
  readonly #project: OpenProject;
  readonly #onError: (error: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #disposed = false;
  readonly #stop: () => void;

  constructor(api: FoveaClient, project: OpenProject, onError: (error: unknown) => void) {
    this.#api = api;
    this.#project = project;
    this.#onError = onError;
    this.#stop = project.on(['images', 'labels', 'classes', 'splits', 'sources', 'studies'], () => {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        void this.load();
      }, INTERVAL_MS);
    });
  }

  async load(): Promise<void> {
    const project = this.#project.id;
    const read = async <T>(call: Promise<T>, show: (value: T) => void): Promise<void> => {
      try {
        const value = await call;
        if (!this.#disposed) show(value);
      } catch (error) {
        if (!this.#disposed) this.#onError(error);
      }
    };
    // Each shows as soon as it is there: health looks at all images and may take longer.
    await Promise.all([
      read(this.#api.library.imports({ project }), (value) => (this.imports = value)),
      read(this.#api.library.splits.summary({ project }), (value) => (this.splits = value)),
      read(this.#api.library.health({ project }), (value) => (this.health = value)),
    ]);
  }

  dispose(): void {
    this.#disposed = true;
    this.#stop();
    if (this.#timer) clearTimeout(this.#timer);
  }
}
