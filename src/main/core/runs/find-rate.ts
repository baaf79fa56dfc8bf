/** Looking for a learning rate, as a job whose points are watched as they come. */
import { EventEmitter, on } from 'node:events';
import type { RateEvent, TrainOptions } from '#shared/contract/index.ts';
import { AppError } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import { SWEEP_STEPS } from '../engine/protocol.ts';
import { Random } from '../engine/random.ts';
import type { JobControl } from '../jobs.ts';
import type { Project } from '../projects/project.ts';
import type { RunData } from '../store/runs.ts';
import { pick, selectData } from './data.ts';
import { trainedModel } from './plan.ts';
import { startWeights } from './start.ts';
import { tensorSet } from './tensor-set.ts';

type Dependencies = Pick<CoreContext, 'engine' | 'jobs'>;

/**
 * Leaving the stream cancels the job.
 * @throws AppError NOT_ENOUGH_DATA, CANCELLED, ENGINE_FAILED, …
 */
export async function* findRate(
  core: Dependencies,
  project: Project,
  options: TrainOptions,
  signal?: AbortSignal,
): AsyncGenerator<RateEvent, void> {
  const { name } = trainedModel(project.store, options);
  const events = new EventEmitter();
  const stream = on(events, 'event', { close: ['close'], ...(signal ? { signal } : {}) });
  const job = core.jobs.start(
    {
      kind: 'rate',
      project: project.id,
      title: `Find a rate · ${name}`,
      unit: 'steps',
    },
    async (control) => {
      try {
        const emit = (event: RateEvent): boolean => events.emit('event', event);
        await sweep(core, project, options, control, emit);
        events.emit('close');
        return null;
      } catch (error) {
        events.emit('error', error);
        throw error;
      }
    },
  );
  try {
    yield { type: 'job', job: job.id };
    for await (const [event] of stream) yield event as RateEvent;
  } finally {
    core.jobs.cancel(job.id);
    // The job may still end with an error that nobody waits for.
    events.on('error', () => undefined);
    await stream.return?.();
  }
}

async function sweep(
  { engine }: Dependencies,
  project: Project,
  options: TrainOptions,
  control: JobControl,
  emit: (event: RateEvent) => void,
): Promise<void> {
  const { spec } = trainedModel(project.store, options);
  const { train, classes, problems } = selectData(project.store, {
    ...options,
    validateOn: { kind: 'none' },
  });
  if (problems.length > 0) throw new AppError('NOT_ENOUGH_DATA', problems.join(' '));
  const sample = sampleOf(train, SWEEP_STEPS * options.batch, options.seed);
  control.phase('Decoding images', 'images');
  const pack = await project.tensors.ensure({
    ...spec.input,
    images: [...sample.images],
    signal: control.signal,
    onProgress: (done, total) => control.progress(done, total),
  });
  const failed = new Set(pack.failed.map(({ image }) => image));
  const slots = new Map([...sample.images].map((image, at) => [image, pack.slots[at]!]));
  const readable = pick(sample, (position) => !failed.has(sample.images[position]!));
  control.phase('Trying rates', 'steps');
  const { suggestion, exploded } = await engine.findRate(
    {
      spec,
      classNames: classes.map(({ name }) => name),
      train: tensorSet(spec.input, { file: pack.file, slots }, readable),
      batch: options.batch,
      seed: options.seed,
      backend: options.engine,
      backbones: project.backbones.files(spec),
      start: startWeights(project, { options, classes }),
    },
    (point) => {
      control.progress(point.step, point.steps);
      emit(point);
    },
    control.signal,
  );
  emit({ type: 'done', suggestion, exploded });
}

/** As many images as the sweep looks at, drawn from all of them, in their order. */
function sampleOf(data: RunData, most: number, seed: number): RunData {
  if (data.images.length <= most) return data;
  const drawn = new Random(seed, 'rate').permutation(data.images.length).subarray(0, most);
  const chosen = new Set(drawn);
  return pick(data, (position) => chosen.has(position));
}
