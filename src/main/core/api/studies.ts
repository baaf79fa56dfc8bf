import type { CoreContext } from '../context.ts';
import { os } from './implementer.ts';

export function studiesApi({ projects, studies }: CoreContext) {
  return {
    start: os.studies.start.handler(({ input }) =>
      studies.start(projects.get(input.project), input.request, input.name),
    ),
    resume: os.studies.resume.handler(({ input }) =>
      studies.resume(projects.get(input.project), input.study),
    ),
    list: os.studies.list.handler(({ input }) => studies.list(projects.get(input.project))),
    get: os.studies.get.handler(({ input }) =>
      studies.get(projects.get(input.project), input.study),
    ),
    remove: os.studies.remove.handler(({ input }) =>
      studies.remove(projects.get(input.project), input.study),
    ),
    update: os.studies.update.handler(({ input }) =>
      studies.rename(projects.get(input.project), input.study, input.name),
    ),
  };
}
