import type { Command } from 'commander';
import type { OpenSession } from '../run-cli.ts';
import { addAugment } from './augment.ts';
import { addBackbone } from './backbone.ts';
import { addBench } from './bench.ts';
import { addConvolve } from './convolve.ts';
import { addCreate } from './create.ts';
import { addDoctor } from './doctor.ts';
import { addEvaluate } from './evaluate.ts';
import { addExport } from './export.ts';
import { addFeatures } from './features.ts';
import { addExportData } from './export-data.ts';
import { addFindRate } from './find-rate.ts';
import { addImport } from './import.ts';
import { addImportModel } from './import-model.ts';
import { addInspect } from './inspect.ts';
import { addMislabeled } from './mislabeled.ts';
import { addPredict } from './predict.ts';
import { addReport } from './report.ts';
import { addResume } from './resume.ts';
import { addRuns } from './runs.ts';
import { addServe } from './serve.ts';
import { addStudy } from './study.ts';
import { addSummary } from './summary.ts';
import { addTrain } from './train.ts';

/** Adds one command to the program. */
export type AddCommand = (program: Command, open: OpenSession) => Command;

/** In the order of a day's work, as help lists them. */
export const commands: readonly AddCommand[] = [
  addDoctor,
  addBench,
  addCreate,
  addImport,
  addAugment,
  addSummary,
  addBackbone,
  addFindRate,
  addTrain,
  addResume,
  addImportModel,
  addStudy,
  addRuns,
  addEvaluate,
  addMislabeled,
  addInspect,
  addFeatures,
  addPredict,
  addExport,
  addExportData,
  addReport,
  addConvolve,
  addServe,
];
