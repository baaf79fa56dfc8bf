import type { RateEvent } from '#shared/contract/index.ts';
import { addStepOptions, trainOptions, type StepOptions } from '../train-options.ts';
import type { AddCommand } from './index.ts';

type Point = Extract<RateEvent, { type: 'rate' }>;

export const addFindRate: AddCommand = (program, open) =>
  addStepOptions(
    program
      .command('find-rate <dir>')
      .description('try learning rates from 1e-7 to 10 in about a hundred steps, and suggest one'),
  ).action(async (dir: string, options: StepOptions) => {
    const { output, signal, ...session } = open();
    const { client, project } = await session.open(dir);
    const events = await client.runs.findRate(
      { project: project.id, options: await trainOptions(client, project.id, options) },
      { signal },
    );
    const points: Point[] = [];
    for await (const event of events) {
      if (event.type === 'rate') {
        points.push(event);
        output.progress(
          `Step ${event.step} of ${event.steps} · rate ${event.rate.toExponential(1)} · ` +
            `loss ${event.smoothed.toFixed(4)}`,
        );
      } else if (event.type === 'done') {
        output.result(
          {
            event: 'done',
            suggestion: event.suggestion,
            exploded: event.exploded,
            points: points.map(({ rate, loss, smoothed }) => ({ rate, loss, smoothed })),
          },
          describe(event.suggestion, points),
        );
      }
    }
  });

function describe(suggestion: number | null, points: readonly Point[]): string {
  const best = points.reduce<Point | undefined>(
    (lowest, point) => (lowest && lowest.smoothed <= point.smoothed ? lowest : point),
    undefined,
  );
  if (suggestion === null || !best) {
    return 'No rate made the loss fall. Check the labels, or take more images a step.';
  }
  return (
    `Try --lr ${suggestion}: there the loss falls well. ` +
    `It was lowest (${best.smoothed.toFixed(4)}) at ${best.rate.toExponential(1)}, ` +
    'where the next step may already be too far.'
  );
}
