import type { CoreContext } from '../context.ts';
import { createClass, reorderClasses, updateClass } from '../labels/classes.ts';
import {
  assignLabel,
  flagImages,
  mergeClasses,
  redo,
  removeClass,
  undo,
  type Actor,
} from '../labels/labeling.ts';
import { os } from './implementer.ts';

export function labelsApi({ projects, settings }: CoreContext) {
  const { labels } = os;
  const actor = (): Actor => ({ author: settings.get().author });
  return {
    state: labels.state.handler(({ input }) => projects.get(input.project).store.steps.state()),
    assign: labels.assign.handler(({ input: { project, images, classId, source } }) =>
      assignLabel(projects.get(project), images, classId, { ...actor(), source }),
    ),
    flag: labels.flag.handler(({ input }) =>
      flagImages(projects.get(input.project), input.images, input.flag, actor()),
    ),
    undo: labels.undo.handler(({ input }) => undo(projects.get(input.project))),
    redo: labels.redo.handler(({ input }) => redo(projects.get(input.project))),
    history: labels.history.handler(({ input }) =>
      projects.get(input.project).store.labels.history(input.image),
    ),

    classes: {
      list: labels.classes.list.handler(({ input }) =>
        projects.get(input.project).store.classes.list(),
      ),
      create: labels.classes.create.handler(({ input }) =>
        createClass(projects.get(input.project), input.name),
      ),
      update: labels.classes.update.handler(({ input }) =>
        updateClass(projects.get(input.project), input.class, input),
      ),
      merge: labels.classes.merge.handler(({ input }) =>
        mergeClasses(projects.get(input.project), input.from, input.into, actor()),
      ),
      remove: labels.classes.remove.handler(({ input }) =>
        removeClass(projects.get(input.project), input.class, actor()),
      ),
      reorder: labels.classes.reorder.handler(({ input }) =>
        reorderClasses(projects.get(input.project), input.order),
      ),
    },
  };
}
