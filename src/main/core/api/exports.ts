import type { CoreContext } from '../context.ts';
import { exportRun } from '../exports/export.ts';
import { formats } from '../exports/formats.ts';
import { os } from './implementer.ts';

export function exportsApi(context: CoreContext) {
  const { projects, jobs } = context;
  return {
    formats: os.exports.formats.handler(() =>
      Object.values(formats).map(({ id, name, purpose }) => ({ id, name, purpose })),
    ),
    list: os.exports.list.handler(({ input }) => projects.get(input.project).store.exports.list()),
    get: os.exports.get.handler(({ input }) =>
      projects.get(input.project).store.exports.get(input.export),
    ),
    start: os.exports.start.handler(({ input }) => {
      const project = projects.get(input.project);
      const { id, name } = project.store.runs.get(input.run);
      const job = jobs.start(
        {
          kind: 'export',
          project: project.id,
          title: `Export ${id} · ${name} as ${formats[input.format].name}`,
          unit: 'images',
          run: id,
        },
        async (control) => ({
          type: 'export',
          export: await exportRun(context, project, input, control),
        }),
      );
      return { job: job.id };
    }),
  };
}
