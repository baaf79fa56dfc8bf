import type { CoreContext } from '../context.ts';
import { os } from './implementer.ts';

export function projectsApi({ projects }: CoreContext) {
  return {
    recent: os.projects.recent.handler(() => projects.recent()),
    forget: os.projects.forget.handler(({ input }) => projects.forget(input.path)),
    create: os.projects.create.handler(async ({ input }) =>
      (await projects.create(input)).summary(),
    ),
    open: os.projects.open.handler(async ({ input }) =>
      (await projects.open(input.path)).summary(),
    ),
    openSample: os.projects.openSample.handler(async () => (await projects.openSample()).summary()),
    close: os.projects.close.handler(({ input }) => projects.leave(input.project)),
    get: os.projects.get.handler(({ input }) => projects.get(input.project).summary()),
    rename: os.projects.rename.handler(({ input }) => {
      const project = projects.get(input.project);
      project.rename(input.name);
      return project.summary();
    }),
    watch: os.projects.watch.handler(({ input, signal }) =>
      projects.get(input.project).changes.watch(signal),
    ),
  };
}
