import type { Core } from './create-core.ts';

/**
 * Someone who has no project yet finds the sample one ready, its import running. A failure (a full
 * disk, say) must not keep the app from starting: it goes to the log, and the home screen's own
 * button tells it again.
 */
export async function offerSample({ context }: Core): Promise<void> {
  try {
    const recent = await context.projects.recent();
    if (recent.length === 0) await context.projects.openSample();
  } catch (error) {
    context.log.warn({ err: error }, 'the sample project could not be made');
  }
}
