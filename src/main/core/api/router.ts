/** The whole contract, implemented: a call that is missing here does not compile. */
import type { CoreContext } from '../context.ts';
import { augmentationApi } from './augmentation.ts';
import { backbonesApi } from './backbones.ts';
import { datasetsApi } from './datasets.ts';
import { evaluationApi } from './evaluation.ts';
import { exportsApi } from './exports.ts';
import { filesApi } from './files.ts';
import { os } from './implementer.ts';
import { inspectApi } from './inspect.ts';
import { jobsApi } from './jobs.ts';
import { labelsApi } from './labels.ts';
import { libraryApi } from './library.ts';
import { modelsApi } from './models.ts';
import { predictApi } from './predict.ts';
import { projectsApi } from './projects.ts';
import { reportsApi } from './reports.ts';
import { runsApi } from './runs.ts';
import { studiesApi } from './studies.ts';
import { systemApi } from './system.ts';
import { workbenchApi } from './workbench.ts';

export function createRouter(context: CoreContext) {
  return os.router({
    system: systemApi(context),
    files: filesApi(context),
    projects: projectsApi(context),
    jobs: jobsApi(context),
    library: libraryApi(context),
    labels: labelsApi(context),
    augmentation: augmentationApi(context),
    models: modelsApi(context),
    backbones: backbonesApi(context),
    runs: runsApi(context),
    evaluation: evaluationApi(context),
    predict: predictApi(context),
    inspect: inspectApi(context),
    exports: exportsApi(context),
    datasets: datasetsApi(context),
    reports: reportsApi(context),
    studies: studiesApi(context),
    workbench: workbenchApi(context),
  });
}

export type CoreRouter = ReturnType<typeof createRouter>;
