import type { CoreContext } from '../context.ts';
import { predictFiles } from '../prediction/files.ts';
import { predictImages } from '../prediction/images.ts';
import { os } from './implementer.ts';

export function predictApi(context: CoreContext) {
  const { projects } = context;
  return {
    images: os.predict.images.handler(({ input, signal }) =>
      predictImages(context, projects.get(input.project), input, signal),
    ),
    files: os.predict.files.handler(({ input, signal }) =>
      predictFiles(context, projects.get(input.project), input, signal),
    ),
  };
}
