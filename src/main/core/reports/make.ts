import type { ReportFormat } from '#shared/contract/index.ts';
import type { CoreContext } from '../context.ts';
import type { EvaluationRequest } from '../evaluation/evaluate.ts';
import type { Project } from '../projects/project.ts';
import { gatherReport } from './gather.ts';
import { reportHtml } from './html.ts';
import { reportPdf } from './pdf.ts';

/**
 * A run as one file. @throws AppError NOT_FOUND, ENGINE_FAILED, CANCELLED
 * @returns the file's bytes, and a name for it
 */
export async function makeReport(
  context: Pick<CoreContext, 'engine' | 'decoders' | 'runs' | 'options'>,
  project: Project,
  request: EvaluationRequest & { format: ReportFormat },
  signal?: AbortSignal,
): Promise<{ name: string; bytes: Uint8Array }> {
  const content = await gatherReport(context, project, request, signal);
  const name = `${fileSafe(content.title)}-${request.split}.${request.format}`;
  const bytes =
    request.format === 'html'
      ? new TextEncoder().encode(reportHtml(content))
      : await reportPdf(context, content, signal);
  return { name, bytes };
}

/** What every file system takes. */
function fileSafe(name: string): string {
  const plain = name
    .replace(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .trim()
    .replace(/\s+/g, '-');
  return plain.replace(/^\.+/, '').slice(0, 80) || 'report';
}
