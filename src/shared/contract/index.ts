/**
 * Every call and event between the renderer (or any other client) and the core, once.
 * The server implements it (src/main/core/api), the clients derive from it.
 */
import type { ContractRouterClient } from '@orpc/contract';
import { augmentationContract } from './augmentation.ts';
import { backbonesContract } from './backbones.ts';
import { datasetsContract } from './datasets.ts';
import { evaluationContract, predictContract } from './evaluation.ts';
import { exportsContract } from './exports.ts';
import { filesContract } from './files.ts';
import { inspectContract } from './inspect.ts';
import { jobsContract } from './jobs.ts';
import { labelsContract } from './labels.ts';
import { libraryContract } from './library.ts';
import { modelsContract } from './models.ts';
import { projectsContract } from './projects.ts';
import { reportsContract } from './reports.ts';
import { runsContract } from './runs.ts';
import { studiesContract } from './studies.ts';
import { systemContract } from './system.ts';
import { workbenchContract } from './workbench.ts';

export const contract = {
  system: systemContract,
  files: filesContract,
  projects: projectsContract,
  jobs: jobsContract,
  library: libraryContract,
  labels: labelsContract,
  augmentation: augmentationContract,
  models: modelsContract,
  backbones: backbonesContract,
  runs: runsContract,
  evaluation: evaluationContract,
  predict: predictContract,
  inspect: inspectContract,
  exports: exportsContract,
  datasets: datasetsContract,
  reports: reportsContract,
  studies: studiesContract,
  workbench: workbenchContract,
};

export type FoveaClient = ContractRouterClient<typeof contract>;

export type * from './augmentation.ts';
export type * from './backbones.ts';
export type * from './base.ts';
export type * from './datasets.ts';
export type * from './evaluation.ts';
export type * from './exports.ts';
export type * from './files.ts';
export type * from './inspect.ts';
export type * from './jobs.ts';
export type * from './labels.ts';
export type * from './library.ts';
export type * from './models.ts';
export type * from './projects.ts';
export type * from './reports.ts';
export type * from './runs.ts';
export type * from './studies.ts';
export type * from './system.ts';
export type * from './workbench.ts';
