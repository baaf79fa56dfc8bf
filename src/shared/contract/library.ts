import * as z from 'zod';
import { call, classId, imageId, inProject, jobId, split, studyId, timestamp } from './base.ts';

/** What an import would find at a place, before anything is written. */
export const sourceScan = z.object({
  path: z.string(),
  kind: z.enum(['folder', 'idx', 'files']),
  /** Image files, or images inside IDX files. */
  images: z.number().int(),
  otherFiles: z.number().int(),
  bytes: z.number(),
  classes: z.array(z.object({ name: z.string(), images: z.number().int() })),
  /** Splits named by the top-level folders (or the IDX pairs). */
  splits: z.array(z.object({ split, images: z.number().int() })),
  /** IDX: the names known for this data set, or null when the user has to give them. */
  classNames: z.array(z.string()).nullable(),
  /** IDX: how many class names are needed. */
  classCount: z.number().int().nullable(),
  warnings: z.array(z.string()),
});
export type SourceScan = z.infer<typeof sourceScan>;

export const importOptions = z.object({
  /** Absolute path of a folder, an IDX file or an image file; or an upload session (`upload:<id>`). */
  source: z.string().min(1),
  /** Put everything in this split; otherwise the splits found at the source are kept. */
  split: split.optional(),
  /** Take only the first N images (by name, or by IDX order). */
  limit: z.number().int().positive().optional(),
  mode: z.enum(['copy', 'reference']).default('copy'),
  classNames: z.array(z.string().min(1).max(200)).max(10_000).optional(),
  /** Whether sub-folder names (or IDX labels) become labels. */
  labels: z.enum(['source', 'none']).default('source'),
});
export type ImportOptions = z.infer<typeof importOptions>;

export const skippedFile = z.object({ file: z.string(), reason: z.string() });
export type SkippedFile = z.infer<typeof skippedFile>;

export const importReport = z.object({
  id: z.number().int(),
  source: z.string(),
  startedAt: timestamp,
  seconds: z.number(),
  state: z.enum(['done', 'cancelled', 'failed']),
  added: z.number().int(),
  duplicates: z.number().int(),
  /** Same picture, other class: the first label stays, the later one is in the image's history. */
  conflicts: z.array(
    z.object({ image: imageId, file: z.string(), kept: z.string(), other: z.string() }),
  ),
  skipped: z.array(skippedFile),
});
export type ImportReport = z.infer<typeof importReport>;

export const imageFlag = z.enum(['unsure', 'skipped', 'conflict']);
export type ImageFlag = z.infer<typeof imageFlag>;

/** What a tile of the grid needs. */
export const imageRow = z.object({
  id: imageId,
  name: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  classId: classId.nullable(),
  split: split.nullable(),
  flag: imageFlag.nullable(),
  /** False when a referenced file is no longer where it was. */
  available: z.boolean(),
});
export type ImageRow = z.infer<typeof imageRow>;

export const imageDetail = imageRow.extend({
  sha256: z.string(),
  bytes: z.number(),
  format: z.string(),
  channels: z.number().int(),
  bitDepth: z.number().int(),
  /** Where the pixels lie: a path, or a path and an index inside a container. */
  location: z.string(),
  mode: z.enum(['copy', 'reference']),
  addedAt: timestamp,
  importedSplit: split.nullable(),
});
export type ImageDetail = z.infer<typeof imageDetail>;

export const imageFilter = z.object({
  /** Class ids; 'none' for unlabeled. Empty or absent: all. */
  classes: z.array(z.union([classId, z.literal('none')])).optional(),
  splits: z.array(z.union([split, z.literal('none')])).optional(),
  flags: z.array(imageFlag).optional(),
  /** Part of the file name, case-insensitive. */
  text: z.string().max(500).optional(),
});
export type ImageFilter = z.infer<typeof imageFilter>;

export const imageSort = z.object({
  by: z.enum(['added', 'name', 'class', 'split', 'size', 'labeled']).default('added'),
  direction: z.enum(['ascending', 'descending']).default('ascending'),
});
export type ImageSort = z.infer<typeof imageSort>;

export const splitSummary = z.object({
  total: z.number().int(),
  train: z.number().int(),
  validation: z.number().int(),
  test: z.number().int(),
  none: z.number().int(),
  /** How many images carry a split given by their source. */
  imported: z.number().int(),
  /** Labeled images per class and split, classes in display order. */
  classes: z.array(
    z.object({
      classId,
      train: z.number().int(),
      validation: z.number().int(),
      test: z.number().int(),
      none: z.number().int(),
    }),
  ),
});
export type SplitSummary = z.infer<typeof splitSummary>;

/** A short sentence about the data with a number and a place to look. */
export const healthFinding = z.object({
  id: z.string(),
  severity: z.enum(['good', 'note', 'warning']),
  text: z.string(),
  count: z.number().int(),
  /** Images behind it, when a grid can show them. */
  filter: imageFilter.nullable(),
  /** The study whose answers doubt these labels: its list of suspects shows them. */
  study: studyId.optional(),
});
export type HealthFinding = z.infer<typeof healthFinding>;

export const libraryContract = {
  /** Looks at a place without writing anything. */
  scan: call.input(inProject.extend({ source: z.string().min(1) })).output(sourceScan),
  import: call.input(inProject.extend(importOptions.shape)).output(z.object({ job: jobId })),
  /** Reports of all imports, newest first. */
  imports: call.input(inProject).output(z.array(importReport)),
  importReport: call.input(inProject.extend({ report: z.number().int() })).output(importReport),
  health: call.input(inProject).output(z.array(healthFinding)),

  images: {
    /** Ids in display order. The grid keeps this list still while labels change under it. */
    ids: call
      .input(
        inProject.extend({
          filter: imageFilter.default({}),
          sort: imageSort.default({ by: 'added', direction: 'ascending' }),
        }),
      )
      .output(z.array(imageId)),
    rows: call
      .input(inProject.extend({ ids: z.array(imageId).max(2000) }))
      .output(z.array(imageRow)),
    get: call.input(inProject.extend({ image: imageId })).output(imageDetail),
    /** Soft delete to the project's bin; one undoable step. */
    remove: call
      .input(inProject.extend({ images: z.array(imageId).min(1) }))
      .output(z.object({ removed: z.number().int() })),
  },

  splits: {
    summary: call.input(inProject).output(splitSummary),
    /** Seeded random split; the same seed and images give the same split. */
    assign: call
      .input(
        inProject.extend({
          train: z.number().min(0).max(1),
          validation: z.number().min(0).max(1),
          test: z.number().min(0).max(1),
          seed: z
            .number()
            .int()
            .min(0)
            .max(2 ** 31 - 1)
            .default(1),
          stratified: z.boolean().default(true),
          /** Only images without a split, or all of them anew. */
          scope: z.enum(['unassigned', 'all']).default('unassigned'),
        }),
      )
      .output(splitSummary),
    /** Back to the split that each image's source gave it. */
    useImported: call.input(inProject).output(splitSummary),
    set: call
      .input(inProject.extend({ images: z.array(imageId).min(1), split: split.nullable() }))
      .output(splitSummary),
  },
};
