import { eventIterator } from '@orpc/contract';
import * as z from 'zod';
import { call, inProject, projectId, timestamp } from './base.ts';

export const projectSummary = z.object({
  id: projectId,
  name: z.string(),
  /** Absolute path of the `name.fovea` folder. */
  path: z.string(),
  task: z.enum(['single']),
  createdAt: timestamp,
  images: z.number().int(),
  labeled: z.number().int(),
  classes: z.number().int(),
  runs: z.number().int(),
});
export type ProjectSummary = z.infer<typeof projectSummary>;

export const recentProject = z.object({
  path: z.string(),
  name: z.string(),
  openedAt: timestamp,
  /** False when the folder is gone (unplugged disk, moved). */
  exists: z.boolean(),
  images: z.number().int(),
  labeled: z.number().int(),
  /** Ids of up to four images for a cover; their pictures need the project open, so data URLs. */
  cover: z.array(z.string()),
});
export type RecentProject = z.infer<typeof recentProject>;

/** Which part of a project changed; a view re-reads what it shows of it. */
export const changeTopic = z.enum([
  'project',
  'images',
  'labels',
  'classes',
  'splits',
  'sources',
  'augmentations',
  'models',
  'runs',
  'evaluations',
  'exports',
  'studies',
]);
export type ChangeTopic = z.infer<typeof changeTopic>;

export const projectChange = z.object({
  topics: z.array(changeTopic),
  /** Images whose rows changed, when few enough to name (≤ 1,000). */
  images: z.array(z.number().int()).optional(),
});
export type ProjectChange = z.infer<typeof projectChange>;

export const projectsContract = {
  recent: call.output(z.array(recentProject)),
  /** Takes a project off the recent list; touches no file. */
  forget: call.input(z.object({ path: z.string() })).output(z.void()),
  /** Makes `path` (a folder that does not exist yet, ending in .fovea) and opens it. */
  create: call
    .input(
      z.object({
        path: z.string().min(1),
        name: z.string().min(1).max(200).optional(),
        task: z.enum(['single']).default('single'),
      }),
    )
    .output(projectSummary),
  open: call.input(z.object({ path: z.string().min(1) })).output(projectSummary),
  /** Opens the sample project, making it first if it is not there yet; its import is a job. */
  openSample: call.output(projectSummary),
  /**
   * This client is done with the project. It stays open while another one watches it or work of it
   * runs.
   */
  close: call.input(inProject).output(z.void()),
  get: call.input(inProject).output(projectSummary),
  rename: call.input(inProject.extend({ name: z.string().min(1).max(200) })).output(projectSummary),
  /** Opens the folder in the system's file manager, where the host can. */
  watch: call.input(inProject).output(eventIterator(projectChange)),
};
