import type { CoreContext } from '../context.ts';
import { exportDataset } from '../datasets/export.ts';
import { datasetFormats } from '../datasets/formats.ts';
import { os } from './implementer.ts';

export function datasetsApi(context: CoreContext) {
  const { projects, jobs } = context;
  return {
    formats: os.datasets.formats.handler(() =>
      Object.values(datasetFormats).map(({ id, name, purpose, unlabeled }) => ({
        id,
        name,
        purpose,
        unlabeled,
      })),
    ),
    export: os.datasets.export.handler(({ input }) => {
      const project = projects.get(input.project);
      const job = jobs.start(
        {
          kind: 'export',
          project: project.id,
          title: `Export the data as ${datasetFormats[input.format].name}`,
          unit: 'images',
        },
        async (control) => ({
          type: 'dataset',
          dataset: await exportDataset(context, project, input, control),
        }),
      );
      return { job: job.id };
    }),
  };
}
