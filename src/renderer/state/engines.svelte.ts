/** Timing the engines, on request. */
import type { FoveaClient, MeasureEvent, SystemInfo } from '#shared/contract/index.ts';

type Progress = Extract<MeasureEvent, { type: 'progress' }>;

export interface EngineMeasureParts {
  api: FoveaClient;
  report: (error: unknown) => void;
  show: (engine: SystemInfo['engine']) => void;
}

export class EngineMeasure {
  running = $state(false);
  /** Which engine is being timed; null before the first. */
  progress = $state.raw<Progress | null>(null);
  readonly #parts: EngineMeasureParts;

  constructor(parts: EngineMeasureParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.progress = null;
    try {
      for await (const event of await this.#parts.api.system.measure()) {
        if (event.type === 'done') this.#parts.show(event.engine);
        else this.progress = event;
      }
    } catch (error) {
      this.#parts.report(error);
    } finally {
      this.running = false;
    }
  }
}
