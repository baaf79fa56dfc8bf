import { presets } from '#shared/presets/index.ts';
import type { CoreContext } from '../context.ts';
import { findRate } from '../runs/find-rate.ts';
import { importModel } from '../runs/import-model.ts';
import { os } from './implementer.ts';

export function runsApi(core: CoreContext) {
  const { projects, runs } = core;
  return {
    presets: os.runs.presets.handler(() => presets.map(({ info }) => info)),
    plan: os.runs.plan.handler(({ input }) =>
      runs.plan(projects.get(input.project), input.options),
    ),
    estimate: os.runs.estimate.handler(({ input, signal }) =>
      runs.estimate(projects.get(input.project), input.options, signal),
    ),
    start: os.runs.start.handler(({ input }) =>
      runs.start(projects.get(input.project), input.options, input.name),
    ),
    resume: os.runs.resume.handler(({ input }) =>
      runs.resume(projects.get(input.project), input.run, input.epochs),
    ),
    importModel: os.runs.importModel.handler(({ input: { project, ...request }, signal }) =>
      importModel(core, projects.get(project), request, signal),
    ),
    list: os.runs.list.handler(({ input }) => runs.list(projects.get(input.project))),
    get: os.runs.get.handler(({ input }) => runs.get(projects.get(input.project), input.run)),
    watch: os.runs.watch.handler(({ input, signal }) =>
      runs.watch(projects.get(input.project), input.run, signal),
    ),
    findRate: os.runs.findRate.handler(({ input, signal }) =>
      findRate(core, projects.get(input.project), input.options, signal),
    ),
    pause: os.runs.pause.handler(({ input }) => runs.pause(projects.get(input.project), input.run)),
    stop: os.runs.stop.handler(({ input }) => runs.stop(projects.get(input.project), input.run)),
    cancel: os.runs.cancel.handler(({ input }) =>
      runs.cancel(projects.get(input.project), input.run),
    ),
    update: os.runs.update.handler(({ input: { project, run, ...changes } }) =>
      runs.update(projects.get(project), run, changes),
    ),
    remove: os.runs.remove.handler(({ input }) =>
      runs.remove(projects.get(input.project), input.run),
    ),
  };
}
