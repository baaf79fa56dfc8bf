import type { CoreContext } from '../context.ts';
import { checkModel } from '../engine/layers/summary.ts';
import {
  duplicateModel,
  getModel,
  listModels,
  removeModel,
  renameModel,
  saveModel,
} from '../models/models.ts';
import { listRecipes } from '../models/recipes.ts';
import { parseSpec } from '../models/parse-spec.ts';
import { os } from './implementer.ts';

export function modelsApi({ projects, backbones }: CoreContext) {
  return {
    recipes: os.models.recipes.handler(({ input }) =>
      listRecipes(projects.get(input.project).store, input.trainLimit),
    ),
    list: os.models.list.handler(({ input }) => listModels(projects.get(input.project))),
    get: os.models.get.handler(({ input }) => getModel(projects.get(input.project), input.model)),
    save: os.models.save.handler(({ input: { project, ...saving } }) =>
      saveModel(projects.get(project), saving),
    ),
    duplicate: os.models.duplicate.handler(({ input }) =>
      duplicateModel(projects.get(input.project), input.model),
    ),
    rename: os.models.rename.handler(({ input }) =>
      renameModel(projects.get(input.project), input.model, input.name),
    ),
    remove: os.models.remove.handler(({ input }) =>
      removeModel(projects.get(input.project), input.model),
    ),
    check: os.models.check.handler(({ input }) => {
      const { spec, problem } = parseSpec(input.spec);
      if (!spec) return { spec: null, summary: null, problem };
      return { spec, ...checkModel(spec, input.classes, backbones) };
    }),
  };
}
