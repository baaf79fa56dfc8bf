import { backboneDetailsOf, backboneInfoOf } from '../backbones/describe.ts';
import { startFeatures } from '../backbones/write-features.ts';
import { addUploaded } from '../backbones/uploaded.ts';
import type { CoreContext } from '../context.ts';
import { os } from './implementer.ts';

export function backbonesApi(context: CoreContext) {
  const { backbones, projects } = context;
  return {
    list: os.backbones.list.handler(() => backbones.list().map(backboneInfoOf)),
    get: os.backbones.get.handler(({ input }) =>
      backboneDetailsOf(backbones.require(input.backbone), backbones),
    ),
    add: os.backbones.add.handler(async ({ input: { source, name }, signal }) => {
      const options = { name, signal };
      const added =
        typeof source === 'string'
          ? await backbones.add(source, options)
          : await addUploaded(backbones, source, options);
      return backboneInfoOf(added);
    }),
    change: os.backbones.change.handler(({ input: { backbone, ...changes } }) =>
      backboneDetailsOf(backbones.change(backbone, changes), backbones),
    ),
    remove: os.backbones.remove.handler(({ input }) => backbones.remove(input.backbone)),
    features: os.backbones.features.handler(({ input: { project, ...request } }) =>
      startFeatures(context, projects.get(project), request),
    ),
  };
}
