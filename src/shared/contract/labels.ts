import * as z from 'zod';
import { call, classId, imageId, inProject, timestamp } from './base.ts';
import { imageFlag } from './library.ts';

export const classInfo = z.object({
  id: classId,
  name: z.string(),
  /** '#rrggbb'. */
  color: z.string().regex(/^#[0-9a-f]{6}$/),
  /** Key that assigns it, one character, or null. */
  key: z.string().max(1).nullable(),
  images: z.number().int(),
});
export type ClassInfo = z.infer<typeof classInfo>;

export const labelSource = z.enum(['import', 'person', 'model', 'merge']);

/** One row of an image's label history, newest first. */
export const labelEntry = z.object({
  at: timestamp,
  author: z.string(),
  source: labelSource,
  /** Null: the label was cleared. */
  classId: classId.nullable(),
  className: z.string().nullable(),
  /** What was done as a whole: 'Labeled 12 images as coat'. */
  step: z.string(),
  /** True when this entry was undone later; it stays in the history. */
  undone: z.boolean(),
  /** Lost against an earlier label at import. */
  conflict: z.boolean(),
});
export type LabelEntry = z.infer<typeof labelEntry>;

export const labelState = z.object({
  total: z.number().int(),
  labeled: z.number().int(),
  /** What Undo would take back, or null. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
});
export type LabelState = z.infer<typeof labelState>;

/** The outcome of a labeling step, an undo or a redo. */
export const stepResult = z.object({
  /** For a toast: 'Labeled 12 images as coat'. Null when there was nothing to do. */
  description: z.string().nullable(),
  /** Images that changed (the first 10,000). */
  images: z.array(imageId),
  state: labelState,
});
export type StepResult = z.infer<typeof stepResult>;

const className = z.string().trim().min(1).max(200);

export const labelsContract = {
  state: call.input(inProject).output(labelState),
  /** Labels all the images as one step; `classId: null` clears. */
  assign: call
    .input(
      inProject.extend({
        images: z.array(imageId).min(1),
        classId: classId.nullable(),
        source: z.enum(['person', 'model']).default('person'),
      }),
    )
    .output(stepResult),
  flag: call
    .input(
      inProject.extend({
        images: z.array(imageId).min(1),
        flag: imageFlag.exclude(['conflict']).nullable(),
      }),
    )
    .output(stepResult),
  undo: call.input(inProject).output(stepResult),
  redo: call.input(inProject).output(stepResult),
  history: call.input(inProject.extend({ image: imageId })).output(z.array(labelEntry)),

  classes: {
    list: call.input(inProject).output(z.array(classInfo)),
    create: call.input(inProject.extend({ name: className })).output(classInfo),
    /** Changes the given fields. A key taken from another class leaves that one without a key. */
    update: call
      .input(
        inProject.extend({
          class: classId,
          name: className.optional(),
          color: classInfo.shape.color.optional(),
          key: z.string().max(1).nullable().optional(),
        }),
      )
      .output(classInfo),
    /** Moves every image of `from` to `into` and deletes `from`; one undoable step. */
    merge: call.input(inProject.extend({ from: classId, into: classId })).output(stepResult),
    /** Deletes a class; its images become unlabeled. One undoable step. */
    remove: call.input(inProject.extend({ class: classId })).output(stepResult),
    reorder: call.input(inProject.extend({ order: z.array(classId) })).output(z.array(classInfo)),
  },
};
