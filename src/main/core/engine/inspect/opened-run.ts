/** A run's model and weights in memory, with the programs that were made of it last. */
import type { Backend, Program } from '../backends/index.ts';
import type { LoadedRun } from '../checkpoint/run-folder.ts';
import type { Graph } from '../graph/types.ts';
import { Recent } from '../recent.ts';

/** A class and a layer at a time are looked at, by a method or two. */
const KEEP_PROGRAMS = 6;

export class OpenedRun {
  readonly run: LoadedRun;
  readonly #backend: Backend;
  readonly #programs = new Recent<Program>(KEEP_PROGRAMS);

  constructor(run: LoadedRun, backend: Backend) {
    this.run = run;
    this.#backend = backend;
  }

  /** @param key what tells the graph apart from all others of this run */
  program(key: string, build: () => Graph): Promise<Program> {
    return this.#programs.get(key, () => this.#backend.compile(build()));
  }
}
