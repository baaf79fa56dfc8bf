/**
 * How training images are varied: an ordered list of operations, each with how often it happens and
 * a range that its strength is drawn from. `engine/data/augment` carries it out, for training and
 * previews alike.
 *
 * Operations work in stages: geometry, composed into one resampling of the image; colour; blur;
 * noise; erasing; mixing of images. Within geometry and within colour they work in the list's order.
 */
import * as z from 'zod';

function range(least: number, most: number) {
  const end = z.number().min(least).max(most);
  return z
    .tuple([end, end])
    .refine(([low, high]) => low <= high, 'A range goes from the smaller number to the larger.');
}
export type Range = [low: number, high: number];

/** What all operations of one image have. */
const shared = {
  /** Off: kept with its settings, but not done. */
  on: z.boolean().default(true),
  /** Share of images that it happens to. */
  probability: z.number().min(0).max(1).default(1),
};

function plain<const T extends string>(type: T) {
  return z.strictObject({ type: z.literal(type), ...shared });
}

function ranged<const T extends string>(type: T, least: number, most: number) {
  return z.strictObject({ type: z.literal(type), ...shared, range: range(least, most) });
}

/** Whole pixels of the model's input, or a fraction of its edge (then between pixels too). */
const unit = z.enum(['pixels', 'fraction']).default('fraction');

/** Parameters of the Beta distribution that the share of the second image is drawn from. */
const alpha = z.number().gt(0).max(10).default(0.2);

export const operation = z.discriminatedUnion('type', [
  plain('flip-horizontal'),
  plain('flip-vertical'),
  /** By 0, 90, 180 or 270 degrees, alike often; images that are not square are stretched back. */
  plain('quarter-turn'),
  /** Degrees, counter-clockwise. */
  ranged('rotate', -180, 180),
  /** To the right. */
  ranged('shift-x', -512, 512).extend({ unit }),
  /** Downwards. */
  ranged('shift-y', -512, 512).extend({ unit }),
  /** Degrees by which upright lines lean to the right. */
  ranged('shear-x', -60, 60),
  /** Degrees by which level lines fall to the right. */
  ranged('shear-y', -60, 60),
  /** Factor; above 1 brings closer. 'free' draws one for each axis. */
  ranged('zoom', 0.1, 10).extend({ aspect: z.enum(['keep', 'free']).default('keep') }),
  /** A box with this share of the area and this ratio of width to height, blown up to the image. */
  ranged('crop', 0.01, 1).extend({ ratio: range(0.2, 5).default([3 / 4, 4 / 3]) }),
  /** Each corner is moved by up to this share of half an edge. */
  ranged('perspective', 0, 0.8),
  /** Displacement as a share of the edge; bumps are about `cell` of the edge apart. */
  ranged('elastic', 0, 0.3).extend({ cell: z.number().min(0.03).max(1).default(0.2) }),

  /** Factor. */
  ranged('brightness', 0, 5),
  /** Factor around the image's mean. */
  ranged('contrast', 0, 5),
  /** Factor; 0 is grey. */
  ranged('saturation', 0, 5),
  /** Degrees on the colour wheel. */
  ranged('hue', -180, 180),
  /** Added to each channel, drawn apart, in steps of 1/255. */
  ranged('channel-shift', -255, 255),
  plain('greyscale'),
  /** RandAugment (Cubuk et al., 2019): `count` operations drawn anew for each image. */
  z.strictObject({
    type: z.literal('auto'),
    ...shared,
    count: z.number().int().min(1).max(6).default(2),
    /** 0 leaves images as they are, 10 is the strongest. */
    magnitude: z.number().min(0).max(10).default(5),
  }),

  /** Standard deviation of the Gaussian, pixels. */
  ranged('blur', 0, 10),
  /** Standard deviation of Gaussian noise, in steps of 1/255. */
  ranged('noise', 0, 128),
  /** A rectangle of this share of the area (cutout, random erasing). */
  ranged('erase', 0.001, 0.9).extend({
    ratio: range(0.2, 5).default([0.5, 2]),
    fill: z.enum(['mean', 'black', 'grey', 'noise']).default('mean'),
  }),

  /** The image blended with another of its batch, and its label alike (Zhang et al., 2017). */
  z.strictObject({ type: z.literal('mixup'), ...shared, alpha }),
  /** A box of another image of its batch pasted in, the label by area (Yun et al., 2019). */
  z.strictObject({ type: z.literal('cutmix'), ...shared, alpha: alpha.default(1) }),
]);
export type Operation = z.infer<typeof operation>;
export type OperationType = Operation['type'];

/** What is seen where geometry looks beyond the image's edge. */
export const fillMode = z.enum(['nearest', 'constant', 'reflect', 'wrap']);
export type FillMode = z.infer<typeof fillMode>;

export const augmentationSpec = z.strictObject({
  name: z.string().min(1).max(100),
  operations: z.array(operation).max(50),
  fill: fillMode.default('nearest'),
  /** For fill 'constant': the level, 0 to 255. */
  fillValue: z.number().int().min(0).max(255).default(0),
});
export type AugmentationSpec = z.infer<typeof augmentationSpec>;
/** As it may be written: what has a default may be left out. */
export type AugmentationInput = z.input<typeof augmentationSpec>;

/** Whether anything would happen to any image. */
export function augments(spec: AugmentationSpec): boolean {
  return spec.operations.some(isActive);
}

/** Whether it is switched on and has a chance. */
export function isActive({ on, probability }: Pick<Operation, 'on' | 'probability'>): boolean {
  return on && probability > 0;
}

function mixes({ type }: Operation): boolean {
  return type === 'mixup' || type === 'cutmix';
}

/** Whether images get parts of others, so that labels are shares of two classes. */
export function mixesLabels(spec: AugmentationSpec): boolean {
  return spec.operations.some((operation) => isActive(operation) && mixes(operation));
}

/** The same, with each image by itself. */
export function withoutMixing(spec: AugmentationSpec): AugmentationSpec {
  return { ...spec, operations: spec.operations.filter((operation) => !mixes(operation)) };
}
