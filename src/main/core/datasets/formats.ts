import type { DatasetFormat } from '#shared/contract/index.ts';
import { coco } from './coco.ts';
import { folders, imageFolder } from './folders.ts';
import type { Format } from './format.ts';
import { csv, jsonl } from './manifest.ts';
import { tfRecord } from './tfrecord.ts';
import { webDataset } from './webdataset.ts';

/** A format that is missing here does not compile. */
export const datasetFormats: Record<DatasetFormat, Format> = {
  folders,
  csv,
  jsonl,
  coco,
  imagefolder: imageFolder,
  webdataset: webDataset,
  tfrecord: tfRecord,
};
