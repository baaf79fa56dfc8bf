/** Looking into a run: what the contract asks, put to the engine. */
import type { Checkpoint, InspectLayer, InspectSource } from '#shared/contract/index.ts';
import type { CoreContext } from '../context.ts';
import { camLayer, imageLayers } from '../engine/inspect/layers.ts';
import type { InspectOptions, InspectTask, InspectTasks } from '../engine/inspect/tasks.ts';
import { resolveModel } from '../engine/layers/resolve.ts';
import { readyRun } from '../prediction/model.ts';
import type { Project } from '../projects/project.ts';
import type { StoredRun } from '../store/runs.ts';
import { pictureSet } from './picture.ts';

export interface InspectRequest {
  run: string;
  checkpoint: Checkpoint;
}

type Dependencies = Pick<CoreContext, 'engine' | 'decoders'>;

/** @throws AppError NOT_FOUND */
export function layersOf(
  project: Project,
  run: string,
): { input: StoredRun['spec']['input']; layers: InspectLayer[]; camLayer: string | null } {
  const { spec, classes } = project.store.runs.get(run);
  const model = resolveModel(spec, classes.length, project.backbones);
  const layers = imageLayers(model);
  return { input: spec.input, layers, camLayer: layers.length > 0 ? camLayer(model) : null };
}

/** @throws AppError NOT_FOUND, RUN_NOT_READY, and what the task throws */
export async function inspect<T extends InspectTask>(
  { engine }: Dependencies,
  project: Project,
  request: InspectRequest,
  task: T,
  input: InspectTasks[T]['input'],
  options?: InspectOptions<T>,
): Promise<InspectTasks[T]['output']> {
  const { id } = readyRun(project, request);
  const subject = { runDir: project.paths.run(id), checkpoint: request.checkpoint };
  return await engine.inspect(task, subject, input, options);
}

/** The same for tasks about one picture. */
export async function inspectPicture<T extends 'maps' | 'activations' | 'attribution'>(
  context: Dependencies,
  project: Project,
  request: InspectRequest & { source: InspectSource },
  task: T,
  input: Omit<InspectTasks[T]['input'], 'set'>,
  options: InspectOptions<T> = {},
): Promise<InspectTasks[T]['output']> {
  const run = readyRun(project, request);
  const set = await pictureSet(context, project, run, request.source, options.signal);
  const whole = { ...input, set } as InspectTasks[T]['input'];
  return await inspect(context, project, request, task, whole, options);
}
