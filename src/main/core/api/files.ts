import type { CoreContext } from '../context.ts';
import { browse, createFolder } from '../library/browse.ts';
import { os } from './implementer.ts';

export function filesApi({ options, uploads }: CoreContext) {
  return {
    browse: os.files.browse.handler(({ input }) => browse(input, options.projectsDir)),
    createFolder: os.files.createFolder.handler(({ input }) =>
      createFolder(input.parent, input.name),
    ),
    createUpload: os.files.createUpload.handler(() => ({ session: uploads.create() })),
  };
}
