/** Prediction, and running exported files, in an engine process. */
import { AppError } from '#shared/errors.ts';
import type { Backend, Program } from './backends/index.ts';
import { fingerprint, loadRun } from './checkpoint/run-folder.ts';
import { checkSize } from './data/check-size.ts';
import { openLoader } from './data/loader.ts';
import type { PredictJob, RunExportedJob } from './messages.ts';
import { DEFAULT_BATCH, predictSet } from './predictor.ts';
import { buildInference } from './programs/inference.ts';
import type { CallOptions, Probabilities, TensorSet } from './protocol.ts';
import { Recent } from './recent.ts';

interface Loaded {
  program: Program;
  input: { height: number; width: number; channels: number };
  classes: number;
}

/** Looking through images one by one must not load the model for each. */
const KEEP_LOADED = 2;

export class InferenceService {
  readonly #backend: Backend;
  readonly #loaded = new Recent<Loaded>(KEEP_LOADED);

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async predict(job: PredictJob, options: CallOptions): Promise<Probabilities> {
    const loaded = await this.#load(job);
    const { input, classes, program } = loaded;
    checkSize(job.set, input);
    return await collect(program, classes, job.set, { ...options, batch: job.batch });
  }

  async runExported(job: RunExportedJob, options: CallOptions): Promise<Probabilities> {
    const program = await this.#backend.compile(job.file);
    try {
      return await collect(program, null, job.set, { ...options, batch: job.batch });
    } finally {
      await program.dispose();
    }
  }

  async #load({ runDir, checkpoint }: PredictJob): Promise<Loaded> {
    const key = await fingerprint(runDir, checkpoint);
    return await this.#loaded.get(key, () => this.#compile(runDir, checkpoint));
  }

  async #compile(runDir: string, checkpoint: PredictJob['checkpoint']): Promise<Loaded> {
    const { file, model, parameters } = await loadRun(runDir, checkpoint);
    const graph = buildInference(model, parameters, file.views);
    const program = await this.#backend.compile(graph);
    return { program, input: model.input, classes: model.classes };
  }
}

async function collect(
  program: Program,
  expectedClasses: number | null,
  set: TensorSet,
  { batch = DEFAULT_BATCH, ...options }: CallOptions & { batch?: number | undefined },
): Promise<Probabilities> {
  const images = set.slots.length;
  let classes = expectedClasses ?? 0;
  let data = new Float32Array(images * classes);
  let rows = 0;
  // Read once: nothing is gained by holding them, nor by a thread for a single batch.
  const threads = images > batch ? undefined : 0;
  const loader = await openLoader(set, { batch, memoryBudget: 0, threads });
  const take = (part: Float32Array, start: number, size: number) => {
    if (start === 0 && expectedClasses === null) {
      classes = part.length / size;
      data = new Float32Array(images * classes);
    }
    data.set(part, start * classes);
    rows += size;
  };
  try {
    await predictSet(program, 'probabilities', loader, take, options);
  } finally {
    await loader.close();
  }
  if (rows !== images)
    throw new AppError('ENGINE_FAILED', `Only ${rows} of ${images} images were answered.`);
  return { images, classes, data };
}
