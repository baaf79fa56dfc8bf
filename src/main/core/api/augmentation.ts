import { AppError } from '#shared/errors.ts';
import { checkOperations } from '../augmentation/check.ts';
import { previewDraws } from '../augmentation/preview.ts';
import { writeDraws } from '../augmentation/write.ts';
import type { CoreContext } from '../context.ts';
import { bytesFile } from './bytes.ts';
import { os } from './implementer.ts';

export function augmentationApi(context: CoreContext) {
  const { projects } = context;
  const { augmentation } = os;
  return {
    list: augmentation.list.handler(({ input }) =>
      projects.get(input.project).store.augmentations.list(),
    ),
    save: augmentation.save.handler(({ input: { project: id, spec } }) => {
      const { store, changes } = projects.get(id);
      const changedAt = Date.now();
      store.augmentations.save(spec, changedAt);
      changes.publish(['augmentations']);
      return { spec, changedAt };
    }),
    remove: augmentation.remove.handler(({ input: { project: id, name } }) => {
      const { store, changes } = projects.get(id);
      if (!store.augmentations.remove(name)) {
        throw new AppError('NOT_FOUND', `The project has no augmentation “${name}”.`);
      }
      changes.publish(['augmentations']);
    }),
    preview: augmentation.preview.handler(async ({ input, signal }) => {
      const project = projects.get(input.project);
      const { original, pixels, drawn } = await previewDraws(context, project, input, signal);
      return { pixels: bytesFile(original, pixels), drawn };
    }),
    write: augmentation.write.handler(async ({ input, signal }) => ({
      files: await writeDraws(context, projects.get(input.project), input, signal),
    })),
    check: augmentation.check.handler(({ input, signal }) =>
      checkOperations(context, projects.get(input.project), input, signal),
    ),
  };
}
