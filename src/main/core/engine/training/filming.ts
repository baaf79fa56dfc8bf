import type { FloatTensor } from '../checkpoint/safetensors.ts';
import { FilmRecorder } from '../inspect/film/recorder.ts';
import type { ResolvedModel } from '../layers/resolve.ts';
import type { TrainJob } from '../protocol.ts';

type Parameters = ReadonlyMap<string, FloatTensor>;

/** The film of a training. What goes wrong ends the film and not the training. */
export class Filming {
  #recorder: FilmRecorder | null;

  constructor(job: TrainJob, model: ResolvedModel) {
    const filmed = job.film !== false;
    this.#recorder = filmed ? FilmRecorder.of(job, model, openProcessor) : null;
  }

  /** @param epoch whole epochs so far */
  async begin(epoch: number, parameters: Parameters, resumed: boolean): Promise<void> {
    await this.#guarded(async (recorder) => {
      await recorder.begin(resumed ? epoch : null);
      await recorder.take(epoch, parameters);
    });
  }

  async take(epoch: number, parameters: Parameters): Promise<void> {
    await this.#guarded((recorder) => recorder.take(epoch, parameters));
  }

  async close(): Promise<void> {
    await this.#guarded((recorder) => recorder.close());
  }

  async #guarded(work: (recorder: FilmRecorder) => Promise<void>): Promise<void> {
    const recorder = this.#recorder;
    if (!recorder) return;
    try {
      await work(recorder);
    } catch (error) {
      this.#recorder = null;
      await recorder.close().catch(() => undefined);
      // An engine has no log of its own; what it prints goes into the app's.
      process.emitWarning(`The film of this training ends: ${String(error)}`);
    }
  }
}

/** One image an epoch: whatever trains, a thread of the processor is enough. */
async function openProcessor() {
  const { createBackend } = await import('../backends/index.ts');
  const { chooseBackend } = await import('../backends/status.ts');
  return createBackend(chooseBackend('cpu', 1), 1);
}
