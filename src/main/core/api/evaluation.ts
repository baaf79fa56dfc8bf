import type { CoreContext } from '../context.ts';
import { compareRuns } from '../evaluation/compare.ts';
import { evaluate } from '../evaluation/evaluate.ts';
import { readCell, readReport } from '../evaluation/read.ts';
import { findSuspects } from '../evaluation/suspects.ts';
import { os } from './implementer.ts';

export function evaluationApi(context: CoreContext) {
  const { projects, jobs } = context;
  return {
    start: os.evaluation.start.handler(({ input }) => {
      const project = projects.get(input.project);
      const { id, name } = project.store.runs.get(input.run);
      const job = jobs.start(
        {
          kind: 'evaluation',
          project: project.id,
          title: `Evaluate ${id} · ${name} on ${input.split}`,
          unit: 'images',
          run: id,
        },
        async (control) => {
          await evaluate(context, project, input, control);
          return { type: 'evaluation', run: id, split: input.split };
        },
      );
      return { job: job.id };
    }),
    report: os.evaluation.report.handler(({ input }) =>
      readReport(projects.get(input.project), input),
    ),
    suspects: os.evaluation.suspects.handler(({ input }) =>
      findSuspects(projects.get(input.project), input.source),
    ),
    compare: os.evaluation.compare.handler(({ input }) =>
      compareRuns(projects.get(input.project), input),
    ),
    cell: os.evaluation.cell.handler(({ input }) => readCell(projects.get(input.project), input)),
  };
}
