import type { CoreContext } from '../context.ts';
import { makeReport } from '../reports/make.ts';
import { os } from './implementer.ts';

const types = { html: 'text/html', pdf: 'application/pdf' };

export function reportsApi(context: CoreContext) {
  return {
    make: os.reports.make.handler(async ({ input, signal }) => {
      const project = context.projects.get(input.project);
      const { name, bytes } = await makeReport(context, project, input, signal);
      const parts = [bytes] as Uint8Array<ArrayBuffer>[];
      return { name, file: new File(parts, name, { type: types[input.format] }) };
    }),
  };
}
