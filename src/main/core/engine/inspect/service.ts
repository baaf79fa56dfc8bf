/** Inspections, in an engine process. */
import type { Backend } from '../backends/index.ts';
import { fingerprint, loadRun } from '../checkpoint/run-folder.ts';
import { Recent } from '../recent.ts';
import { attribute } from './attribution.ts';
import { exciting } from './excite.ts';
import { readFilters } from './filters.ts';
import { makeTiles, readActivations } from './maps.ts';
import { maximise } from './maximise.ts';
import { OpenedRun } from './opened-run.ts';
import type { InspectCall, InspectOptions, InspectTask, InspectTasks, Subject } from './tasks.ts';

/** Two runs are compared side by side. */
const KEEP_RUNS = 2;

export class InspectService {
  readonly #backend: Backend;
  readonly #runs = new Recent<OpenedRun>(KEEP_RUNS);

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** @throws AppError RUN_NOT_READY, SOURCE_UNREADABLE, and what the task throws */
  async perform(
    call: InspectCall,
    options: InspectOptions,
  ): Promise<InspectTasks[InspectTask]['output']> {
    const opened = await this.#open(call.subject);
    switch (call.task) {
      case 'filters':
        return readFilters(opened.run, call.input.layer, call.input.kernel);
      case 'maps':
        return await makeTiles(opened, call.input);
      case 'activations':
        return await readActivations(opened, call.input);
      case 'attribution':
        return await attribute(opened, call.input, options);
      case 'excite':
        return await exciting(opened, call.input, options);
      case 'maximise':
        return await maximise(opened, call.input, options);
      case 'embedding': {
        // Its library is only needed here.
        const { embed } = await import('./embedding.ts');
        return await embed(opened, call.input, options);
      }
    }
  }

  async #open({ runDir, checkpoint }: Subject): Promise<OpenedRun> {
    const key = await fingerprint(runDir, checkpoint);
    return await this.#runs.get(
      key,
      async () => new OpenedRun(await loadRun(runDir, checkpoint), this.#backend),
    );
  }
}
