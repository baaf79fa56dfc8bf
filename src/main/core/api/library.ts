import { AppError } from '#shared/errors.ts';
import type { CoreContext } from '../context.ts';
import { removeImages } from '../labels/labeling.ts';
import { healthOf } from '../library/health.ts';
import { imageDetail, imageRows } from '../library/images.ts';
import { startImport } from '../library/import/start.ts';
import { scanSource } from '../library/scan.ts';
import { assignSplits, setSplit, useImportedSplits } from '../library/splits.ts';
import { os } from './implementer.ts';

export function libraryApi(context: CoreContext) {
  const { projects, settings, uploads } = context;
  const { library } = os;
  return {
    scan: library.scan.handler(({ input, signal }) => {
      projects.get(input.project);
      return scanSource(input.source, uploads, signal);
    }),
    import: library.import.handler(({ input: { project, ...options } }) => ({
      job: startImport(projects.get(project), context, options).id,
    })),
    imports: library.imports.handler(({ input }) =>
      projects.get(input.project).store.imports.list(),
    ),
    importReport: library.importReport.handler(({ input }) => {
      const report = projects.get(input.project).store.imports.get(input.report);
      if (!report) throw new AppError('NOT_FOUND', 'There is no report of this import.');
      return report;
    }),
    health: library.health.handler(({ input }) => healthOf(projects.get(input.project))),

    images: {
      ids: library.images.ids.handler(({ input }) =>
        projects.get(input.project).store.images.ids(input.filter, input.sort),
      ),
      rows: library.images.rows.handler(({ input }) =>
        imageRows(projects.get(input.project), input.ids),
      ),
      get: library.images.get.handler(({ input }) =>
        imageDetail(projects.get(input.project), input.image),
      ),
      remove: library.images.remove.handler(({ input }) => ({
        removed: removeImages(projects.get(input.project), input.images, {
          author: settings.get().author,
        }).changed,
      })),
    },

    splits: {
      summary: library.splits.summary.handler(({ input }) =>
        projects.get(input.project).store.splits.summary(),
      ),
      assign: library.splits.assign.handler(({ input: { project, ...request } }) =>
        assignSplits(projects.get(project), request),
      ),
      useImported: library.splits.useImported.handler(({ input }) =>
        useImportedSplits(projects.get(input.project)),
      ),
      set: library.splits.set.handler(({ input }) =>
        setSplit(projects.get(input.project), input.images, input.split),
      ),
    },
  };
}
