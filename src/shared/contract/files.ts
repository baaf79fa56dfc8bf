import * as z from 'zod';
import { call } from './base.ts';

export const directoryListing = z.object({
  path: z.string(),
  /** Null at the root. */
  parent: z.string().nullable(),
  entries: z.array(
    z.object({
      name: z.string(),
      path: z.string(),
      kind: z.enum(['folder', 'project', 'file']),
      bytes: z.number().nullable(),
    }),
  ),
  /** Shortcuts: home, projects, mounted disks. */
  places: z.array(z.object({ name: z.string(), path: z.string() })),
  /** More entries than are listed. */
  truncated: z.boolean(),
});
export type DirectoryListing = z.infer<typeof directoryListing>;

/** For the browser host, which has no native file dialogs. */
export const filesContract = {
  browse: call
    .input(
      z.object({
        path: z.string().optional(),
        show: z.enum(['folders', 'all']).default('folders'),
      }),
    )
    .output(directoryListing),
  createFolder: call
    .input(z.object({ parent: z.string(), name: z.string().min(1).max(200) }))
    .output(z.object({ path: z.string() })),
  /**
   * A place to upload dropped files to (`PUT /upload/<session>/<relative path>`), to be imported as
   * `upload:<session>`. Removed when its import ends, or when the core closes.
   */
  createUpload: call.output(z.object({ session: z.string() })),
};
