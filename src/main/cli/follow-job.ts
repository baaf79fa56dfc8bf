import type { Job } from '#shared/contract/index.ts';
import { AppError, isErrorCode } from '#shared/errors.ts';
import type { FoveaClient } from '#shared/contract/index.ts';
import type { Session } from './session.ts';
import { count, duration } from './text.ts';

/**
 * Shows a job's progress until it ends; Ctrl-C cancels it and waits for it to clean up.
 * @returns the job, done
 * @throws AppError the job's own error, or CANCELLED
 */
export async function followJob(
  client: FoveaClient,
  { output, signal }: Session,
  id: string,
): Promise<Job> {
  const cancel = (): void => void client.jobs.cancel({ job: id });
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const watching = new AbortController();
  try {
    for await (const event of await client.jobs.watch(undefined, { signal: watching.signal })) {
      const job = event.type === 'update' ? event.job : event.jobs.find((each) => each.id === id);
      if (job?.id !== id) continue;
      if (job.finishedAt !== null) return ended(job);
      output.progress(progressLine(job));
    }
    return ended(await client.jobs.get({ job: id }));
  } finally {
    signal.removeEventListener('abort', cancel);
    watching.abort();
    output.clearProgress();
  }
}

function ended(job: Job): Job {
  if (job.state === 'cancelled') throw new AppError('CANCELLED', 'Cancelled.');
  if (job.error) {
    const { code, message, hint, subject } = job.error;
    throw new AppError(isErrorCode(code) ? code : 'INTERNAL', message, {
      ...(hint === undefined ? {} : { hint }),
      ...(subject === undefined ? {} : { subject }),
    });
  }
  return job;
}

export function progressLine(job: Job): string {
  const { done, total, unit, rate, etaSeconds } = job.progress;
  const parts = [job.phase || job.title];
  parts.push(
    total === null ? `${count(done)} ${unit}` : `${count(done)} of ${count(total)} ${unit}`,
  );
  if (rate !== null) parts.push(`${count(Math.round(rate))} ${unit}/s`);
  if (etaSeconds !== null) parts.push(`${duration(etaSeconds)} left`);
  return parts.join(' · ');
}
