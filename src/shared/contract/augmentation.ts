import * as z from 'zod';
import { augmentationSpec } from '../augmentation.ts';
import { call, imageId, inProject, runId, timestamp } from './base.ts';
import { checkpoint } from './evaluation.ts';
import { inputSize } from './models.ts';
import { trainOptions } from './runs.ts';

/** An augmentation that a project keeps, under its spec's name. */
export const savedAugmentation = z.object({ spec: augmentationSpec, changedAt: timestamp });
export type SavedAugmentation = z.infer<typeof savedAugmentation>;

/** Which draw of an image: the one that a training with this seed makes in this epoch. */
export const imageDraw = z.object({
  /** 1-based. */
  epoch: z.number().int().min(1).max(1_000_000),
  /** 0 to 1: every operation happens, this far into its range, whatever chance has it. */
  strength: z.number().min(0).max(1).optional(),
});
export type ImageDraw = z.infer<typeof imageDraw>;

const ofImage = inProject.extend({
  image: imageId,
  spec: augmentationSpec,
  seed: trainOptions.shape.seed,
  /** The model's input: augmentation works on what the model sees. */
  size: inputSize,
});

/** What one operation does to a trained model's answers. */
export const operationEffect = z.object({
  /** Index in the spec's operations. */
  operation: z.number().int(),
  /** Share of the images that the model still takes for what they are. */
  accuracy: z.number(),
});
export type OperationEffect = z.infer<typeof operationEffect>;

export const augmentationContract = {
  /** What the project keeps, the newest first. */
  list: call.input(inProject).output(z.array(savedAugmentation)),
  /** Keeps it under its name, in place of what has that name. */
  save: call.input(inProject.extend({ spec: augmentationSpec })).output(savedAugmentation),
  remove: call.input(inProject.extend({ name: z.string() })).output(z.void()),
  /**
   * Draws of one image as training makes them. Mixup and cutmix take a few other images of the
   * project as the batch.
   */
  preview: call.input(ofImage.extend({ draws: z.array(imageDraw).min(1).max(256) })).output(
    z.object({
      /** Rows of bytes, one after the other: the image as it is, then each draw; HWC. */
      pixels: z.file(),
      /** For each draw, which operations happened (index in the spec) and what their range gave. */
      drawn: z.array(z.array(z.object({ operation: z.number().int(), value: z.number() }))),
    }),
  ),
  /** Writes the image and its draws of epochs 1 to `count` as PNG files. */
  write: call
    .input(
      ofImage.extend({ count: z.number().int().min(1).max(1000), directory: z.string().min(1) }),
    )
    .output(z.object({ files: z.array(z.string()) })),
  /**
   * How a trained model's accuracy changes when each operation is done alone to labeled images: one
   * that it falls far for likely breaks labels (or is new to the model).
   */
  check: call
    .input(
      inProject.extend({
        run: runId,
        checkpoint: checkpoint.default('best'),
        spec: augmentationSpec,
        /** How many images are asked about. */
        images: z.number().int().min(10).max(1000).default(200),
      }),
    )
    .output(
      z.object({
        images: z.number().int(),
        /** On the images as they are. */
        accuracy: z.number(),
        operations: z.array(operationEffect),
      }),
    ),
};
